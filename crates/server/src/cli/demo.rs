//! The demo: a district with 90 days of life, loaded through the same commands as everything else, then served.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use city::{Plan, SimClock, World};
use clap::{Args, ValueEnum};
use event_log::{SqliteLog, SqliteOptions};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Failure, Outcome, Settings, now, progress,
    serve::{self, Listening},
};
use crate::{
    budget::Rates,
    identity::{AccountRole, Grant, Identity, NewAccount},
    node::{Node, create_private},
    telemetry::Telemetry,
};

/// Says that a folder was made by the demo and may be made anew by it; holds the scenario and the day of loading.
const MARK: &str = "demo.txt";
/// Password of all demo accounts: they exist only in a folder that the demo has made.
const PASSWORD: &str = "wardlog-demo-2026";
const SEED: u64 = 421_002;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Shashi District, Jingzhou: volunteer teams, paid teams and contracted security under police supervision
    Shashi,
    /// A corner of it: a few teams and three days, loaded in a moment
    ShashiSmall,
}

/// `wardlog demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[arg(long, value_enum, default_value = "shashi")]
    scenario: Scenario,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Load only; do not serve
    #[arg(long)]
    load_only: bool,
    /// Load anew, even when the folder holds today's demo
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(settings: &Settings, args: DemoArgs, telemetry: &Telemetry) -> Outcome {
    if settings.log.is_cluster() {
        return Err(Failure::new(
            "the demo keeps its log in its own folder: leave the cluster out of the settings",
        ));
    }
    let data = if settings.names_data() { settings.data.clone() } else { PathBuf::from("data/demo") };
    let place = settings.place(&data);
    let today = format!("{:?} {}", args.scenario, now().strftime("%Y-%m-%d"));
    let reuse = prepare(&data, &today, args.fresh)?;
    let live = Arc::new(AtomicBool::new(reuse));
    let clock = Arc::new(SimClock::new(now()));
    let told = telling(Arc::clone(&live), &clock);
    // While the scenario loads, the views take events in large groups; afterwards as they come.
    let node = Node::open_with(place, told, settings.app.clone(), |log| clock.paced(log))?;
    let node = Arc::new(node);
    let identity = Identity::open(&node.place.identity()).await?;
    if reuse {
        eprintln!("The demo of today is loaded already in {} (--fresh loads it anew).", data.display());
    } else {
        let world = load(&node, &clock, args.scenario).await?;
        accounts(&identity, &world).await?;
        fs::write(data.join(SAMPLES), samples(&world))?;
        // Written last: a load that broke off is begun anew.
        fs::write(data.join(MARK), &today)?;
        live.store(true, Ordering::Release);
    }
    let samples = fs::read_to_string(data.join(SAMPLES))?;
    if args.load_only {
        println!("{samples}");
        return Ok(());
    }
    if !args.listen.ip().is_loopback() {
        eprintln!(
            "Careful: the demo's passwords are known to everybody, and it listens beyond this machine."
        );
    }
    let listening = Listening {
        address: args.listen,
        origin: None,
        cookie: serve::cookie(true),
        introspection: true,
        rates: Rates::default(),
        profile: settings.graphql_profile,
        documents: serve::documents(settings.documents.as_deref(), settings.only_persisted)?,
        metrics: settings.metrics,
        batch: settings.batch,
        telemetry: settings.telemetry.clone(),
    };
    serve::serve(node, identity, listening, telemetry, || {
        println!("{samples}");
        println!("Open http://{} (Ctrl-C ends it).", args.listen);
    })
    .await
}

/// What was printed after the load, for the next start.
const SAMPLES: &str = "demo-accounts.txt";

/// Whether the folder holds this very demo. A folder that the demo has not made is never touched.
fn prepare(data: &Path, today: &str, fresh: bool) -> Result<bool, Failure> {
    let mark = data.join(MARK);
    let begun = data.join(BEGUN);
    if !data.exists() {
        create_private(data)?;
        fs::write(begun, today)?;
        return Ok(false);
    }
    let known = mark.is_file() || begun.is_file();
    if !known && fs::read_dir(data)?.next().is_some() {
        return Err(Failure::new(format!(
            "{} holds something else than a demo: name another folder with --data",
            data.display()
        )));
    }
    if !fresh && fs::read_to_string(&mark).is_ok_and(|text| text == today) {
        return Ok(true);
    }
    // Taking the log's lock once tells whether a server is at work in there; it is free again before the folder goes.
    if data.join("log.db").is_file() {
        drop(SqliteLog::open(&data.join("log.db"), SqliteOptions::default())?);
    }
    // The master key stays: it lies outside, and a new keyring takes it as well.
    fs::remove_dir_all(data)?;
    create_private(data)?;
    fs::write(begun, today)?;
    Ok(false)
}

/// Says that a demo load has begun here, so that a broken one can be swept away.
const BEGUN: &str = "demo-begun.txt";

/// The scenario's clock while it loads, the real one afterwards.
fn telling(live: Arc<AtomicBool>, clock: &Arc<SimClock>) -> app::Clock {
    let told = clock.clock();
    Arc::new(move || if live.load(Ordering::Acquire) { now() } else { told() })
}

async fn load(node: &Node, clock: &Arc<SimClock>, scenario: Scenario) -> Result<World, Failure> {
    let begun = Instant::now();
    let ends_at = Timestamp::from_second(now().as_second()).map_err(Failure::new)?;
    let plan = match scenario {
        Scenario::Shashi => Plan::shashi(SEED, ends_at),
        Scenario::ShashiSmall => Plan::small(SEED, ends_at),
    };
    eprintln!("Loading {} days of Shashi District …", plan.days);
    let bar = progress::bar(0, "loading");
    let world = city::load(Arc::clone(&node.app), Arc::clone(clock), &plan, &|progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.done);
    })
    .await?;
    node.catch_up(|_, _| {}).await?;
    bar.finish_and_clear();
    let events = node.log.stats().durable_head;
    eprintln!("{events} events in {:.1} s.", begun.elapsed().as_secs_f64());
    Ok(world)
}

/// An account of the demo: name, role, what it is for, areas, organisations, person.
struct DemoAccount {
    name: &'static str,
    role: AccountRole,
    about: &'static str,
    areas: Vec<String>,
    organisations: Vec<Uuid>,
    person: Option<Uuid>,
}

fn demo_accounts(world: &World) -> Vec<DemoAccount> {
    let district = vec![world.district.to_string()];
    let station = vec![world.station.0];
    let person = |known: Option<domain::PersonId>| known.map(|person| person.0);
    let of = |name, role, about, areas: &[String], organisations: &[Uuid], person| DemoAccount {
        name,
        role,
        about,
        areas: areas.to_vec(),
        organisations: organisations.to_vec(),
        person,
    };
    let mut accounts = vec![
        of(
            "chief",
            AccountRole::StationChief,
            "派出所所长 police station, chief",
            &district,
            &station,
            person(world.chief),
        ),
        of(
            "officer",
            AccountRole::StationOfficer,
            "民警 police station, officer",
            &district,
            &station,
            person(world.officer),
        ),
        of("auditor", AccountRole::Auditor, "审计 auditor", &[], &[], None),
        of("admin", AccountRole::Administrator, "管理员 administrator", &[], &[], None),
    ];
    for (name, community) in ["committee", "committee2"].into_iter().zip(&world.committees) {
        let areas = [community.area.to_string()];
        let about = "居委会 community committee";
        accounts.push(of(
            name,
            AccountRole::CommitteeClerk,
            about,
            &areas,
            &[community.organisation.0],
            None,
        ));
    }
    for (name, company) in ["company", "company2"].into_iter().zip(&world.companies) {
        let about = "保安公司 security company";
        accounts.push(of(name, AccountRole::CompanyManager, about, &[], &[company.organisation.0], None));
    }
    if let Some((guard, _)) = world.guard {
        accounts.push(of("guard", AccountRole::Member, "保安员 a guard", &[], &[], Some(guard.0)));
    }
    if let Some((volunteer, _)) = world.volunteer {
        accounts.push(of(
            "volunteer",
            AccountRole::Member,
            "义务巡防队员 a volunteer",
            &[],
            &[],
            Some(volunteer.0),
        ));
    }
    accounts
}

async fn accounts(identity: &Identity, world: &World) -> Outcome {
    for account in demo_accounts(world) {
        let new = NewAccount {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, account.name.as_bytes()),
            name: account.name.into(),
            password: Zeroizing::new(PASSWORD.into()),
            grant: Grant {
                roles: vec![account.role],
                areas: account.areas,
                organisations: account.organisations,
            },
            person: account.person,
            language: None,
        };
        identity.create_account(new, now()).await?;
    }
    Ok(())
}

/// What to sign in with, and a first query for each of the three users.
fn samples(world: &World) -> String {
    let mut text = format!("Accounts (password of all: {PASSWORD}):\n");
    for account in demo_accounts(world) {
        text += &format!("  {:<11} {}\n", account.name, account.about);
    }
    let to = now().strftime("%Y-%m-%d").to_string();
    let from = (now() - SignedDuration::from_hours(24 * 30)).strftime("%Y-%m-%d").to_string();
    let period = format!("period: {{ from: \"{from}\", to: \"{to}\" }}");
    text += "\nTo try in the workbench (/ide), signed in:\n";
    text += &format!(
        "  chief:     {{ station(id: \"{}\") {{ name dashboard({period}) {{ asOf }} }} }}\n",
        world.station
    );
    if let Some(community) = world.committees.first() {
        let code = community.area;
        text += &format!(
            "  committee: {{ community(code: \"{code}\") {{ name overview({period}) {{ asOf }} }} }}\n"
        );
    }
    if let Some(contract) = world
        .companies
        .first()
        .and_then(|company| world.contracts.iter().find(|contract| contract.company == company.organisation))
    {
        let id = contract.contract;
        text +=
            &format!("  company:   {{ contract(id: \"{id}\") {{ number report({period}) {{ asOf }} }} }}\n");
    }
    text
}
