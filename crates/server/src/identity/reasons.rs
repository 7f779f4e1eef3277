//! Why a change of accounts, or a sign-in, is refused.

domain::reasons! {
    SIGN_IN_FAILED = "sign_in_failed", "The name or the password is wrong.", "用户名或密码错误。";
    SIGN_IN_LOCKED = "sign_in_locked", "Too many failed tries: try again in {seconds} seconds.", "失败次数过多，请在{seconds}秒后重试。";
    SIGN_IN_BUSY = "sign_in_busy", "Too many people sign in at this moment: try again in a few seconds.", "当前登录人数过多，请稍后重试。";
    ISSUER_UNAVAILABLE = "issuer_unavailable", "The issuer of this token cannot be asked for its keys now: try again.", "暂时无法向该令牌的签发方获取密钥，请稍后重试。";
    ACCOUNT_UNKNOWN = "account_unknown", "There is no such account.", "该账号不存在。";
    ACCOUNT_DISABLED = "account_disabled", "This account is disabled.", "该账号已停用。";
    ACCOUNT_NAME_TAKEN = "account_name_taken", "There is an account of this name.", "该用户名已被使用。";
    ACCOUNT_NAME_INVALID = "account_name_invalid", "A name has 2 to 64 letters, digits or any of . _ - @", "用户名须为2至64个字母、数字或 . _ - @。";
    PASSWORD_TOO_SHORT = "password_too_short", "A password has at least {limit} characters.", "密码至少{limit}个字符。";
    PASSWORD_TOO_LONG = "password_too_long", "A password has at most {limit} bytes.", "密码最多{limit}个字节。";
    PASSWORD_IS_NAME = "password_is_name", "The password must not contain the name.", "密码不能包含用户名。";
    PASSWORD_COMMON = "password_common", "This password is one of those that are tried first: choose another.", "该密码过于常见，请另选一个。";
    SESSION_UNKNOWN = "session_unknown", "There is no such session.", "该会话不存在。";
    ACTING_REFUSED = "acting_organisation_refused", "The organisation that the request acts for is not one of yours.", "请求所代表的单位不在您的单位之列。";
    AREA_PREFIX_INVALID = "area_prefix_invalid", "An area prefix has at most 15 digits.", "区域代码前缀最多15位数字。";
    ORGANISATION_INVALID = "organisation_invalid", "This is not the id of an organisation.", "单位标识无效。";
    TOO_MUCH_SCOPE = "too_much_scope", "At most {limit} areas or organisations are allowed here.", "区域或单位最多{limit}个。";
    TOKEN_UNKNOWN = "token_unknown", "There is no such token.", "该令牌不存在。";
    TOKEN_NAME_INVALID = "token_name_invalid", "A token's name has 1 to 80 characters.", "令牌名称须为1至80个字符。";
    TOKEN_BEYOND_OWNER = "token_beyond_owner", "A token must not hold roles or scope that its owner has not.", "令牌的角色和范围不能超出其所有者。";
    TOKEN_EXPIRY_INVALID = "token_expiry_invalid", "A token ends in the future, at most {days} days from now.", "令牌的到期时间须在未来{days}天之内。";
    TOKENS_TOO_LARGE = "tokens_too_large", "The tokens of this account name too many areas and organisations: revoke some, or name fewer.", "该账号的令牌列出的区域和单位过多，请撤销部分令牌或减少所列内容。";
    TOO_MANY_TOKENS = "too_many_tokens", "An account has at most {limit} tokens.", "每个账号最多{limit}个令牌。";
}
