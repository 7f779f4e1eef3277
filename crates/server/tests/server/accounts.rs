use server::identity::{AccountRole, Grant, Identity, IdentityError, NewAccount, reasons};
use uuid::Uuid;

use super::fixture::{PASSWORD, at, grant, identity, new_account, secret};

fn code<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> &'static str {
    match result {
        Err(IdentityError::Rejected(rejection)) => rejection.code(),
        other => panic!("{other:?}"),
    }
}

async fn signs_in(identity: &Identity, name: &str, password: &str) -> bool {
    identity.sign_in(name, secret(password), at(0)).await.is_ok()
}

#[tokio::test]
async fn an_account_is_made_listed_and_survives_reopening() {
    let (folder, identity) = identity().await;
    let made = identity.create_account(new_account(1, "陈警官"), at(0)).await.unwrap();
    identity.create_account(new_account(2, "clerk"), at(1)).await.unwrap();
    drop(identity);
    let identity = Identity::open(&folder.path().join("identity.db")).await.unwrap();
    let names: Vec<_> = identity.accounts().await.unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["clerk", "陈警官"]);
    assert_eq!(identity.account_named("陈警官").await.unwrap(), Some(made));
    assert_eq!(identity.account_named("nobody").await.unwrap(), None);
    assert!(signs_in(&identity, "陈警官", PASSWORD).await);
    assert!(signs_in(&identity, "CLERK", PASSWORD).await);
}

#[tokio::test]
async fn what_does_not_fit_is_rejected_with_its_reason() {
    let (_folder, identity) = identity().await;
    identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    let attempt = async |change: fn(&mut NewAccount)| {
        let mut new = new_account(2, "other");
        change(&mut new);
        code(identity.create_account(new, at(0)).await)
    };
    assert_eq!(attempt(|new| new.name = "CHIEF".into()).await, reasons::ACCOUNT_NAME_TAKEN.code);
    assert_eq!(attempt(|new| new.id = Uuid::from_u128(1)).await, reasons::ACCOUNT_NAME_TAKEN.code);
    assert_eq!(attempt(|new| new.name = "a b".into()).await, reasons::ACCOUNT_NAME_INVALID.code);
    assert_eq!(attempt(|new| new.name = "x".into()).await, reasons::ACCOUNT_NAME_INVALID.code);
    assert_eq!(attempt(|new| new.password = secret("short")).await, reasons::PASSWORD_TOO_SHORT.code);
    assert_eq!(attempt(|new| new.password = secret(&"x".repeat(257))).await, reasons::PASSWORD_TOO_LONG.code);
    assert_eq!(attempt(|new| new.password = secret("my-OTHER-name")).await, reasons::PASSWORD_IS_NAME.code);
    assert_eq!(attempt(|new| new.password = secret("qwertyuiop")).await, reasons::PASSWORD_COMMON.code);
    assert_eq!(attempt(|new| new.grant.areas = vec!["42x".into()]).await, reasons::AREA_PREFIX_INVALID.code);
    assert_eq!(
        attempt(|new| new.grant.areas = vec!["1".repeat(16)]).await,
        reasons::AREA_PREFIX_INVALID.code
    );
    assert_eq!(identity.accounts().await.unwrap().len(), 1);
    let unknown = Uuid::from_u128(9);
    assert_eq!(code(identity.disable_account(unknown, at(0)).await), reasons::ACCOUNT_UNKNOWN.code);
    assert_eq!(code(identity.set_grant(unknown, Grant::default()).await), reasons::ACCOUNT_UNKNOWN.code);
    assert_eq!(code(identity.set_password(unknown, secret(PASSWORD)).await), reasons::ACCOUNT_UNKNOWN.code);
}

#[tokio::test]
async fn disabling_and_another_password_end_what_was_open() {
    let (_folder, identity) = identity().await;
    let account = identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    let mut changes = identity.changes();
    identity.disable_account(account.id, at(1)).await.unwrap();
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert!(!signs_in(&identity, "chief", PASSWORD).await);
    identity.disable_account(account.id, at(2)).await.unwrap();
    let stored = identity.account_named("chief").await.unwrap().unwrap();
    assert_eq!(stored.disabled_at, Some(at(1)), "the first time counts");
    identity.enable_account(account.id).await.unwrap();
    assert!(signs_in(&identity, "chief", PASSWORD).await);
    identity.set_password(account.id, secret("another long password")).await.unwrap();
    assert!(!signs_in(&identity, "chief", PASSWORD).await);
    assert!(signs_in(&identity, "chief", "another long password").await);
}

#[tokio::test]
async fn many_tries_at_once_gain_nothing() {
    let (_folder, identity) = identity().await;
    identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    let tries: Vec<_> = (0..20)
        .map(|number| {
            let identity = identity.clone();
            tokio::spawn(async move {
                identity.sign_in("chief", secret(&format!("wrong password {number}")), at(0)).await
            })
        })
        .collect();
    let mut looked_at = 0;
    for outcome in tries {
        match outcome.await.unwrap() {
            Err(IdentityError::Rejected(_)) => looked_at += 1,
            Err(IdentityError::Locked { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn many_right_ones_at_once_all_sign_in_and_lock_nobody_out() {
    let (_folder, identity) = identity().await;
    identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let identity = identity.clone();
            tokio::spawn(async move { identity.sign_in("Chief", secret(PASSWORD), at(0)).await.map(drop) })
        })
        .collect();
    for outcome in tries {
        outcome.await.unwrap().unwrap();
    }
    assert!(signs_in(&identity, "chief", PASSWORD).await);
}

#[tokio::test]
async fn a_try_whose_sender_hangs_up_is_counted() {
    let (_folder, identity) = identity().await;
    identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    for number in 0..5 {
        let wrong = secret(&format!("wrong password {number}"));
        let mut sign_in = Box::pin(identity.sign_in("chief", wrong, at(0)));
        // Begun, and given up at once.
        assert!(futures_util::poll!(&mut sign_in).is_pending());
    }
    // Comes after those five in its turn.
    let right = identity.sign_in("chief", secret(PASSWORD), at(0)).await;
    assert!(matches!(right, Err(IdentityError::Locked { .. })), "{right:?}");
}

#[tokio::test]
async fn a_hash_with_other_parameters_is_renewed_when_its_owner_signs_in() {
    use argon2::{Argon2, Params, PasswordHasher as _};
    let (folder, identity) = identity().await;
    identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    let conn = rusqlite::Connection::open(folder.path().join("identity.db")).unwrap();
    let stored =
        || -> String { conn.query_row("SELECT password FROM account", [], |row| row.get(0)).unwrap() };
    let present = stored();
    let weak = Argon2::from(Params::new(8, 1, 1, None).unwrap());
    let weak = weak.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string();
    conn.execute("UPDATE account SET password = ?1", [&weak]).unwrap();
    assert!(!signs_in(&identity, "chief", "wrong password").await);
    assert_eq!(stored(), weak, "a wrong one renews nothing");
    assert!(signs_in(&identity, "chief", PASSWORD).await);
    let renewed = stored();
    let parameters = |phc: &str| phc.split('$').nth(3).map(str::to_owned);
    assert_eq!(parameters(&renewed), parameters(&present));
    assert!(signs_in(&identity, "chief", PASSWORD).await);
    assert_eq!(stored(), renewed, "once is enough");
}

#[tokio::test]
async fn a_file_of_the_first_form_is_taken_over() {
    let (folder, identity) = identity().await;
    let owner = identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    identity.create_token(super::fixture::new_token(5, &owner, at(0)), at(0)).await.unwrap();
    drop(identity);
    let path = folder.path().join("identity.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(
        "ALTER TABLE token DROP COLUMN read_only;
         DROP TABLE session;
         CREATE TABLE session (digest BLOB PRIMARY KEY, account BLOB NOT NULL, created_at INTEGER NOT NULL,
             seen_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         CREATE INDEX session_of_account ON session (account, created_at);
         DROP TRIGGER account_made;
         DROP TRIGGER account_itself;
         DROP TRIGGER account_grant;
         DROP TRIGGER account_password;
         DROP TRIGGER account_disabled;
         DROP TRIGGER token_made;
         DROP TRIGGER token_changed;
         DROP TRIGGER token_gone;
         DROP TRIGGER all_ended;
         DROP TRIGGER ended_forgotten;
         ALTER TABLE account DROP COLUMN password_by;
         DROP TABLE untold;
         DROP TABLE heard;
         DROP TABLE followed;
         DROP TABLE hearing;
         DROP TABLE standing;
         DROP TABLE disabling;
         DROP TABLE ending;
         DROP TABLE ended_session;
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(conn);
    let identity = Identity::open(&path).await.unwrap();
    assert!(!identity.tokens(owner.id).await.unwrap()[0].read_only);
    let conn = rusqlite::Connection::open(&path).unwrap();
    let untold: i64 = conn.query_row("SELECT count(*) FROM untold", [], |row| row.get(0)).unwrap();
    assert_eq!(untold, 1, "other nodes have never heard of it");
    drop(conn);
    assert!(signs_in(&identity, "chief", PASSWORD).await);
    assert_eq!(identity.sessions(owner.id, at(0)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_file_is_private_holds_no_secret_and_no_other_file_is_taken_for_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, identity) = identity().await;
    identity.create_account(new_account(1, "chief"), at(0)).await.unwrap();
    let signed_in = identity.sign_in("chief", secret(PASSWORD), at(0)).await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        for plain in [PASSWORD, signed_in.secret.reveal()] {
            assert!(
                !bytes.windows(plain.len()).any(|window| window == plain.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
    let text = folder.path().join("text");
    std::fs::write(&text, "this is no database at all, but long enough to look at").unwrap();
    assert!(matches!(Identity::open(&text).await, Err(IdentityError::Foreign { .. })));
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(matches!(Identity::open(&other).await, Err(IdentityError::Foreign { .. })));
}

#[test]
fn a_grant_narrows_to_what_both_hold() {
    let token = Grant { areas: vec!["42".into(), "11".into(), "4310".into()], ..grant(&[]) };
    let owner = Grant {
        roles: vec![AccountRole::Auditor],
        areas: vec!["4210".into(), "43".into()],
        organisations: vec![Uuid::from_u128(8)],
    };
    let both = token.narrowed(&owner);
    assert_eq!(both.roles, [AccountRole::Auditor]);
    assert_eq!(both.areas, ["4210", "4310"]);
    assert_eq!(both.organisations, [Uuid::from_u128(8)]);
    assert!(both.is_within(&owner) && both.is_within(&token));
    assert!(!token.is_within(&owner));
    assert!(grant(&["421000"]).is_within(&grant(&[""])), "the empty prefix is everywhere");
}

#[test]
fn roles_are_written_alike_everywhere() {
    for role in AccountRole::ALL {
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        assert_eq!(role.as_str().parse(), Ok(*role));
    }
}
