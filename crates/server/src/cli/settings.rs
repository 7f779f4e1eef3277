//! Settings: the command line and `WARDLOG_…` variables first, then the TOML file, then defaults.

mod oidc;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de};

use super::{Common, Failure};
use crate::identity::oidc::{IssuerConfig, IssuerSettings};
use crate::{
    budget::Rates,
    http::{MOST_BATCH, MetricsFor, Profile},
    log::{LogAddress, LogText},
    node::Place,
    telemetry,
};

/// Read in this folder when no other file is named.
const FILE: &str = "wardlog.toml";

/// The settings file; every field may be left out, an unknown one is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data: Option<PathBuf>,
    log: Option<LogText>,
    log_file: Option<PathBuf>,
    master_key: Option<PathBuf>,
    time_zone: Option<String>,
    listen: Option<SocketAddr>,
    origin: Option<String>,
    insecure_cookies: Option<bool>,
    introspection: Option<bool>,
    cost_per_minute: Option<u64>,
    graphql_profile: Option<Profile>,
    documents: Option<PathBuf>,
    only_persisted: Option<bool>,
    metrics: Option<MetricsFor>,
    batch: Option<u8>,
    #[serde(deserialize_with = "one_or_more")]
    oidc: Vec<IssuerConfig>,
    reveals_per_hour: Option<u64>,
    uncovered_grace_minutes: Option<i64>,
    response_target_minutes: Option<[i64; 4]>,
    telemetry: telemetry::Settings,
}

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    common: Common,
    pub data: PathBuf,
    /// Where the log is.
    pub log: LogAddress,
    pub time_zone: String,
    pub listen: SocketAddr,
    pub origin: Option<String>,
    pub insecure_cookies: bool,
    /// Whether the schema may be read by anybody.
    pub introspection: bool,
    /// What an account may cost within a minute.
    pub cost_per_minute: u64,
    /// Which status codes GraphQL over HTTP answers with.
    pub graphql_profile: Profile,
    /// A folder of persisted documents beside those of the platform.
    pub documents: Option<PathBuf>,
    /// Whether other documents are refused.
    pub only_persisted: bool,
    /// Who gets to see the figures.
    pub metrics: MetricsFor,
    /// Most requests in one batch; 0: no batches.
    pub batch: u8,
    /// Whose bearer tokens are taken.
    pub issuers: Vec<IssuerSettings>,
    pub app: app::Config,
    pub(crate) telemetry: telemetry::Settings,
}

impl Settings {
    /// # Errors
    /// When the file can not be read or says something unknown.
    pub(crate) fn read(common: &Common) -> Result<Self, Failure> {
        let file = match &common.config {
            Some(path) => load(path)?,
            None if Path::new(FILE).is_file() => load(Path::new(FILE))?,
            None => File::default(),
        };
        let issuers = issuers(file.oidc)?;
        let log = match log(common.log.clone(), common.log_file.as_deref())? {
            Some(address) => address,
            None => log(file.log, file.log_file.as_deref())?.unwrap_or_default(),
        };
        let mut app = app::Config::default();
        app.uncovered_grace_minutes = file.uncovered_grace_minutes.unwrap_or(app.uncovered_grace_minutes);
        app.response_target_minutes = file.response_target_minutes.unwrap_or(app.response_target_minutes);
        app.reveals_per_hour = file.reveals_per_hour.unwrap_or(app.reveals_per_hour);
        let mut common = common.clone();
        common.master_key = common.master_key.or(file.master_key);
        Ok(Self {
            data: common.data.clone().or(file.data).unwrap_or_else(|| "data".into()),
            time_zone: common.time_zone.clone().or(file.time_zone).unwrap_or_else(|| "Asia/Shanghai".into()),
            listen: file.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            origin: file.origin,
            insecure_cookies: file.insecure_cookies.unwrap_or(false),
            introspection: file.introspection.unwrap_or(false),
            cost_per_minute: file.cost_per_minute.unwrap_or(Rates::default().cost_per_minute),
            graphql_profile: file.graphql_profile.unwrap_or_default(),
            documents: file.documents,
            only_persisted: file.only_persisted.unwrap_or(false),
            metrics: file.metrics.unwrap_or_default(),
            batch: batch(file.batch)?,
            issuers,
            log,
            app,
            telemetry: file.telemetry,
            common,
        })
    }

    /// The place of a data folder under these settings.
    pub fn place(&self, data: &Path) -> Place {
        self.common.place(data, &self.time_zone)
    }

    /// Whether the data folder was named, rather than defaulted.
    pub fn names_data(&self) -> bool {
        self.common.data.is_some()
    }
}

/// The log that one place of the settings names, by itself or by a file that holds its name.
fn log(text: Option<LogText>, file: Option<&Path>) -> Result<Option<LogAddress>, Failure> {
    let text = match (text, file) {
        (Some(_), Some(_)) => {
            return Err(Failure::new("name the log by `log` or by `log_file`, not by both"));
        }
        (None, Some(path)) => {
            let text = fs::read_to_string(path);
            Some(text.map_err(|cause| Failure::new(format!("{}: {cause}", path.display())))?.into())
        }
        (text, None) => text,
    };
    text.map(|text| LogAddress::parse(&text).map_err(Failure::new)).transpose()
}

/// Most issuers.
const MOST_ISSUERS: usize = 16;

/// The issuer of the variables alone when there is one, or those of the file.
fn issuers(in_file: Vec<IssuerConfig>) -> Result<Vec<IssuerSettings>, Failure> {
    let configs = oidc::issuer(
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
    .map_err(Failure::new)?
    .map_or(in_file, |issuer| vec![issuer]);
    let checked: Vec<IssuerSettings> = configs
        .into_iter()
        .map(IssuerConfig::checked)
        .collect::<Result<_, String>>()
        .map_err(Failure::new)?;
    let names: std::collections::BTreeSet<&str> = checked.iter().map(IssuerSettings::name).collect();
    if names.len() != checked.len() || checked.len() > MOST_ISSUERS {
        return Err(Failure::new(format!("oidc: at most {MOST_ISSUERS} issuers, each once")));
    }
    Ok(checked)
}

/// `[oidc]` is one issuer, `[[oidc]]` one of several.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IssuerConfig>, D::Error> {
    struct OneOrMore;

    impl<'de> de::Visitor<'de> for OneOrMore {
        type Value = Vec<IssuerConfig>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("[oidc] or [[oidc]]")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            IssuerConfig::deserialize(de::value::MapAccessDeserializer::new(map)).map(|issuer| vec![issuer])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))
        }
    }

    deserializer.deserialize_any(OneOrMore)
}

fn batch(most: Option<u8>) -> Result<u8, Failure> {
    match most.unwrap_or(MOST_BATCH) {
        most if most > MOST_BATCH => {
            Err(Failure::new(format!("`batch` is at most {MOST_BATCH} in the settings file, not {most}")))
        }
        most => Ok(most),
    }
}

fn load(path: &Path) -> Result<File, Failure> {
    let text =
        fs::read_to_string(path).map_err(|cause| Failure::new(format!("{}: {cause}", path.display())))?;
    toml::from_str(&text).map_err(|cause: toml::de::Error| {
        // The whole error quotes the line, which may be the one with a password.
        let line = cause.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
        Failure::new(match text.contains("://") {
            true => format!("{}: line {line}: {}", path.display(), cause.message()),
            false => format!("{}: {cause}", path.display()),
        })
    })
}
