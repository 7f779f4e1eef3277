use std::str::FromStr as _;

use clap::{Args, Subcommand};
use domain::OrganisationId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Failure, Outcome, account, new_id, now};
use crate::{
    identity::{Grant, Identity, NewToken, TOKEN_DEFAULT_LIFE},
    node::Place,
};

/// `wardlog token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token for an account; its secret is shown once
    Create(CreateArgs),
    /// Lists the tokens of an account
    List { account: String },
    /// Ends a token at once
    Revoke { token: String },
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Whose token
    account: String,
    /// What it is for
    #[arg(long)]
    name: String,
    /// Days until it expires, at most 366
    #[arg(long, default_value_t = TOKEN_DEFAULT_LIFE / 86_400)]
    days: i64,
    /// Only these roles of the account (default: all); may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<crate::identity::AccountRole>,
    /// Only these areas of the account (default: all); may be repeated
    #[arg(long = "area", value_name = "CODE")]
    areas: Vec<String>,
    /// Only these organisations of the account (default: all); may be repeated
    #[arg(long = "organisation", value_name = "ORGANISATION-ID")]
    organisations: Vec<OrganisationId>,
    /// Queries and subscriptions only
    #[arg(long)]
    read_only: bool,
}

pub(crate) async fn run(place: &Place, command: TokenCommand) -> Outcome {
    place.create()?;
    let identity = Identity::open(&place.identity()).await?;
    match command {
        TokenCommand::Create(args) => {
            let owner = account::named(&identity, &args.account).await?;
            let narrow = |wanted: Vec<_>, all: Vec<_>| if wanted.is_empty() { all } else { wanted };
            let grant = Grant {
                roles: if args.roles.is_empty() { owner.grant.roles } else { args.roles },
                areas: narrow(args.areas, owner.grant.areas),
                organisations: if args.organisations.is_empty() {
                    owner.grant.organisations
                } else {
                    args.organisations.iter().map(|organisation| organisation.0).collect()
                },
            };
            let expires_at = in_days(args.days)?;
            let token = NewToken {
                id: new_id(),
                owner: owner.id,
                name: args.name,
                grant,
                read_only: args.read_only,
                expires_at,
            };
            let (secret, token) = identity.create_token(token, now()).await?;
            println!("token {} until {}", token.id, token.expires_at);
            println!("secret (shown once): {}", secret.reveal());
        }
        TokenCommand::List { account } => {
            let owner = account::named(&identity, &account).await?;
            for token in identity.tokens(owner.id).await? {
                let used = token.used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
                let state = match token.revoked_at {
                    Some(at) => format!("revoked {at}"),
                    None if token.expires_at <= now() => "expired".to_owned(),
                    None => "valid".to_owned(),
                };
                let reach = if token.read_only { "reads only" } else { "reads and writes" };
                println!(
                    "{}\t{}\tuntil {}\t{used}\t{state}\t{reach}",
                    token.id, token.name, token.expires_at
                );
            }
        }
        TokenCommand::Revoke { token } => {
            let id = Uuid::from_str(&token).map_err(|cause| Failure::new(format!("{token}: {cause}")))?;
            identity.revoke_token(id, None, now()).await?;
        }
    }
    Ok(())
}

fn in_days(days: i64) -> Result<Timestamp, Failure> {
    now().checked_add(SignedDuration::from_hours(days.saturating_mul(24))).map_err(Failure::new)
}
