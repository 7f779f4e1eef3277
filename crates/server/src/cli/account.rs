use std::{io::Read as _, str::FromStr};

use clap::{Args, Subcommand};
use domain::{AreaCode, OrganisationId, PersonId};
use zeroize::Zeroizing;

use super::{Failure, Outcome, new_id, now};
use crate::{
    identity::{Account, AccountRole, Grant, Identity, NewAccount},
    node::Place,
};

/// `wardlog account`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Makes an account; the password is read from standard input, or made and shown once
    Add(AddArgs),
    /// Lists all accounts
    List,
    /// Forbids an account to sign in; its sessions and tokens end
    Disable { name: String },
    /// Allows it again
    Enable { name: String },
    /// Sets a new password, read from standard input, or made and shown once
    Password {
        name: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Replaces roles and scope
    Grant {
        name: String,
        #[command(flatten)]
        grant: GrantArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Name to sign in with
    name: String,
    #[command(flatten)]
    grant: GrantArgs,
    /// The person whose account it is
    #[arg(long, value_name = "PERSON-ID")]
    person: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Roles and scope.
#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// station_chief, station_officer, committee_clerk, company_manager, member, auditor or administrator; may be repeated
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<AccountRole>,
    /// Area code, with everything inside it; may be repeated
    #[arg(long = "area", value_name = "CODE")]
    areas: Vec<String>,
    /// Organisation; may be repeated
    #[arg(long = "organisation", value_name = "ORGANISATION-ID")]
    organisations: Vec<String>,
}

impl GrantArgs {
    pub(crate) fn grant(&self) -> Result<Grant, Failure> {
        for area in &self.areas {
            AreaCode::from_str(area).map_err(|cause| Failure::new(format!("--area {area}: {cause}")))?;
        }
        let organisations = self.organisations.iter().map(|id| Ok(OrganisationId::from_str(id)?.0));
        Ok(Grant {
            roles: self.roles.clone(),
            areas: self.areas.clone(),
            organisations: organisations.collect::<Result<_, Failure>>()?,
        })
    }
}

pub(crate) async fn run(place: &Place, command: AccountCommand) -> Outcome {
    place.create()?;
    let identity = Identity::open(&place.identity()).await?;
    match command {
        AccountCommand::Add(args) => {
            let person = args.person.as_deref().map(PersonId::from_str).transpose()?;
            let (password, made) = password(args.password_stdin)?;
            let account = NewAccount {
                id: new_id(),
                name: args.name,
                password: password.clone(),
                grant: args.grant.grant()?,
                person: person.map(|person| person.0),
                language: None,
            };
            let account = identity.create_account(account, now()).await?;
            println!("account {} ({}) made", account.name, account.id);
            show_once(&password, made);
        }
        AccountCommand::List => identity.accounts().await?.iter().for_each(show),
        AccountCommand::Disable { name } => {
            identity.disable_account(named(&identity, &name).await?.id, now()).await?;
        }
        AccountCommand::Enable { name } => identity.enable_account(named(&identity, &name).await?.id).await?,
        AccountCommand::Password { name, password_stdin } => {
            let (password, made) = password(password_stdin)?;
            identity.set_password(named(&identity, &name).await?.id, password.clone()).await?;
            show_once(&password, made);
        }
        AccountCommand::Grant { name, grant } => {
            identity.set_grant(named(&identity, &name).await?.id, grant.grant()?).await?;
        }
    }
    Ok(())
}

/// # Errors
/// When there is no account of this name.
pub(crate) async fn named(identity: &Identity, name: &str) -> Result<Account, Failure> {
    let found = identity.account_named(name).await?;
    found.ok_or_else(|| Failure::new(format!("there is no account `{name}`; see `wardlog account list`")))
}

fn show(account: &Account) {
    let roles: Vec<&str> = account.grant.roles.iter().map(|role| role.as_str()).collect();
    let organisations: Vec<String> =
        account.grant.organisations.iter().map(|id| OrganisationId(*id).to_string()).collect();
    let state = if account.disabled_at.is_some() { "disabled" } else { "active" };
    println!(
        "{}\t{state}\t{}\t{}\t{}",
        account.name,
        roles.join(","),
        account.grant.areas.join(","),
        organisations.join(",")
    );
}

/// A password from standard input, or a fresh one.
fn password(from_stdin: bool) -> Result<(Zeroizing<String>, bool), Failure> {
    if from_stdin {
        let mut text = Zeroizing::new(String::new());
        std::io::stdin().take(4_096).read_to_string(&mut text)?;
        return Ok((Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()), false));
    }
    Ok((Zeroizing::new(fresh_password()?), true))
}

/// 120 random bits in letters that are not mistaken for one another.
pub(crate) fn fresh_password() -> Result<String, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(Failure::new)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
}

fn show_once(password: &str, made: bool) {
    if made {
        println!("password (shown once): {password}");
    }
}
