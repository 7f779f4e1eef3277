//! Files of the pages, embedded in the binary.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// One file.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) name: &'static str,
    pub(super) content_type: &'static str,
    pub(super) bytes: &'static [u8],
    /// Beginning of its SHA-256: in its address, so that the browser may keep it for good.
    pub(super) version: String,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! assets {
    ($($name:literal, $kind:expr, $path:literal;)*) => {
        [$(Asset::new($name, $kind, include_bytes!(concat!("../assets/", $path)))),*]
    };
}

static ASSETS: LazyLock<[Asset; 9]> = LazyLock::new(|| {
    assets! {
        "graphiql.min.css", STYLE, "ide/graphiql.min.css";
        "graphiql.min.js", SCRIPT, "ide/graphiql.min.js";
        "icon.svg", PICTURE, "icon.svg";
        "ide.css", STYLE, "ide/ide.css";
        "ide.js", SCRIPT, "ide/ide.js";
        "landing.css", STYLE, "landing.css";
        "landing.js", SCRIPT, "landing.js";
        "react-dom.production.min.js", SCRIPT, "ide/react-dom.production.min.js";
        "react.production.min.js", SCRIPT, "ide/react.production.min.js";
    }
});

pub(super) const LANDING: &str = include_str!("../assets/landing.html");
pub(super) const IDE: &str = include_str!("../assets/ide/ide.html");

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let version = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { name, content_type, bytes, version }
    }
}

pub(super) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Fills `@{asset:name}` and the given `@{word}`s of a page.
pub(super) fn fill(page: &str, words: &[(&str, &str)]) -> String {
    let page = ASSETS.iter().fold(page.to_owned(), |page, asset| {
        let address = format!("/assets/{}?v={}", asset.name, asset.version);
        page.replace(&format!("@{{asset:{}}}", asset.name), &address)
    });
    words.iter().fold(page, |page, (name, word)| page.replace(&format!("@{{{name}}}"), word))
}
