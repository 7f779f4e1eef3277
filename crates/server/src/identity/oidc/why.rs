/// Why a token is not taken. For the operator's figures and logs: the sender is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// More bytes than a token may have.
    TooLong,
    /// Not three parts in base64url, of which two are JSON objects without repeated names.
    Malformed,
    /// No signature that is trusted here: `none`, a shared secret, or not in the issuer's list.
    Algorithm,
    /// A kind of token that is no access token.
    Type,
    /// The header demands an extension that is not known.
    Critical,
    /// Of no issuer that is configured.
    Issuer,
    /// For somebody else.
    Audience,
    /// Given to a client that may not use it here.
    Party,
    /// A claim is missing or of another kind than it must be.
    Claim,
    Expired,
    /// Not valid yet, or issued in the future.
    Early,
    /// It lasts longer than the settings allow, or not at all.
    Life,
    /// No key of the issuer is meant, or more than one.
    Key,
    Signature,
}

impl Why {
    /// A stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "token_too_long",
            Self::Malformed => "token_malformed",
            Self::Algorithm => "token_algorithm",
            Self::Type => "token_type",
            Self::Critical => "token_critical",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::Party => "token_party",
            Self::Claim => "token_claim",
            Self::Expired => "token_expired",
            Self::Early => "token_early",
            Self::Life => "token_life",
            Self::Key => "token_key",
            Self::Signature => "token_signature",
        }
    }
}
