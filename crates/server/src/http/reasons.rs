//! Why the transport refuses a request.

domain::reasons! {
    ADDRESS_TOO_LONG = "address_too_long", "An address has at most {limit} bytes; send the query by POST.", "地址最多{limit}字节，请用`POST`发送查询。";
    ADDRESS_UNKNOWN = "not_found", "There is nothing at this address.", "该地址没有内容。";
    ACTING_INVALID = "acting_organisation_invalid", "The header `wardlog-acting-organisation` takes the id of one organisation.", "请求头`wardlog-acting-organisation`只接受一个单位的标识。";
    AT_LEAST_INVALID = "parameter_invalid", "`wardlog-at-least` is a position as a mutation answers it.", "`wardlog-at-least`须为变更操作返回的位置。";
    BATCH_EMPTY = "batch_empty", "A batch holds at least one request.", "批量请求至少应包含一个请求。";
    BATCH_ITEM = "batch_item_not_an_object", "A batch holds JSON objects.", "批量请求的每一项须为`JSON`对象。";
    BATCH_OFF = "batch_not_supported", "One request at a time: batches are off.", "不支持批量请求，请逐个发送。";
    BATCH_TOO_LONG = "batch_too_long", "A batch holds at most {limit} requests.", "批量请求最多包含{limit}个请求。";
    BODY_BROKEN = "body_broken", "The body ended before its end.", "请求内容不完整。";
    BODY_CODED = "content_encoding_not_supported", "The body must be sent as it is: no content encoding is taken.", "请求内容不得压缩或编码。";
    BODY_NO_JSON = "body_not_json", "The body is not JSON in UTF-8.", "请求内容不是以`UTF-8`编码的`JSON`。";
    BODY_NO_NEW_PASSWORD = "body_not_json", "The body must be `{\"password\": …, \"newPassword\": …}`.", "请求内容须为`{\"password\": …, \"newPassword\": …}`。";
    BODY_NO_OBJECT = "body_not_an_object", "The body must be a JSON object.", "请求内容须为`JSON`对象。";
    BODY_NO_SIGN_IN = "body_not_json", "The body must be `{\"name\": …, \"password\": …}`.", "请求内容须为`{\"name\": …, \"password\": …}`。";
    BODY_NO_TOKEN = "body_not_json", "The body must be `{\"name\": …}` with `expiresAt`, `roles`, `areas`, `organisations` and `readOnly` at will.", "请求内容须为`{\"name\": …}`，可另加`expiresAt`、`roles`、`areas`、`organisations`和`readOnly`。";
    BODY_TOO_LARGE = "body_too_large", "A request has at most {limit} bytes.", "请求内容最多{limit}字节。";
    BODY_TOO_SLOW = "body_too_slow", "The body took too long to arrive.", "请求内容传输过慢。";
    CODING_UNKNOWN = "content_encoding_not_supported", "The body may be coded as one of {known}.", "请求内容可用的编码：`{known}`。";
    CONTENT_NO_JSON = "content_type_not_supported", "The body must be sent as `application/json`.", "请求内容须以`application/json`发送。";
    CONTENT_UNKNOWN = "content_type_not_supported", "The body must be one of {known}, in UTF-8.", "请求内容须为下列类型之一，并以`UTF-8`编码：`{known}`。";
    DOCUMENT_OR_QUERY = "parameter_invalid", "Give `query` or `documentId`, not both.", "`query`与`documentId`只能提供一个。";
    DOCUMENT_UNKNOWN = "document_unknown", "No document with this `documentId` is known here.", "没有与该`documentId`对应的文档。";
    DOCUMENTS_ONLY = "only_persisted_documents", "Only persisted documents are executed here: name one by `documentId`.", "此处只执行预存文档，请用`documentId`指明。";
    EVENT_ID_INVALID = "last_event_id_invalid", "The header `last-event-id` must be the id of an event of this server.", "请求头`last-event-id`须为本服务器事件的标识。";
    EXPORT_GIVEN_UP = "busy", "The export was given up.", "导出已放弃。";
    EXPORT_NO_ROOM = "busy", "There is no room for another export at this moment.", "当前没有空间进行新的导出，请稍后重试。";
    EXPORT_NOT_YET = "busy", "The views do not show this position yet.", "查询视图尚未到达该位置，请稍后重试。";
    EXPORT_TOO_LARGE = "export_too_large", "The export is too large; narrow its filters.", "导出内容过大，请缩小筛选范围。";
    EXPORT_TOO_LONG = "timeout", "The export took too long and was given up; narrow its filters.", "导出耗时过长，已放弃；请缩小筛选范围。";
    EXPORT_UNKNOWN = "export_unknown", "There is no such export: ask `/export` what there is.", "没有该导出项，可用的导出项见`/export`。";
    EXPORTS_TOO_MANY = "busy", "Too many exports are being read.", "正在进行的导出过多，请稍后重试。";
    FIGURES_FORBIDDEN = "forbidden", "The figures are for auditors and administrators.", "仅审计人员和管理员可查看运行指标。";
    GIVEN_TWICE = "parameter_repeated", "A parameter is given twice.", "参数重复。";
    INTERNAL = "internal", "The server failed; its logs have the request id.", "服务器出错，日志中记有本次请求的编号。";
    METHOD_UNKNOWN = "method_not_allowed", "GraphQL is asked by GET or POST.", "请用`GET`或`POST`发送查询。";
    MUTATION_BY_GET = "mutation_by_get", "A mutation must be sent by POST.", "变更操作须用`POST`发送。";
    NO_DRY_RUN = "parameter_invalid", "`dryRun` is true or false.", "`dryRun`只能为`true`或`false`。";
    NOT_ACCEPTABLE = "not_acceptable", "Answers are `application/graphql-response+json` or `application/json`; those to one operation, and subscriptions, also `text/event-stream`.", "响应类型为`application/graphql-response+json`或`application/json`；单个操作和订阅还可为`text/event-stream`。";
    NOT_ACCEPTABLE_LINES = "not_acceptable", "Answers are `application/x-ndjson`.", "响应类型为`application/x-ndjson`。";
    NOT_EXECUTED = "not_executed", "The time of the batch was over before this request: it was not executed.", "批量请求的时限已到，本请求未执行。";
    OPERATIONS_TOO_MANY = "too_many_operations", "At most {limit} operations may be open on one socket.", "每个连接最多同时打开{limit}个操作。";
    ORIGIN_REFUSED = "origin_refused", "A request with a session cookie must come from this server's own pages; programs use a token.", "带会话凭据的请求须来自本服务器的页面；程序请使用令牌。";
    PAGE_UNKNOWN = "no_such_page", "There is nothing at this address.", "该地址没有内容。";
    PARAMETER_NO_JSON = "parameter_invalid", "The parameter `{name}` must be JSON.", "参数`{name}`须为`JSON`。";
    PARAMETER_NO_OBJECT = "parameter_invalid", "The parameter `{name}` must be an object.", "参数`{name}`须为对象。";
    PARAMETER_NO_TEXT = "parameter_invalid", "The parameter `{name}` must be a string.", "参数`{name}`须为字符串。";
    PARAMETER_UNKNOWN = "parameter_unknown", "The only parameter is `dryRun`.", "唯一的参数是`dryRun`。";
    QUERY_MISSING = "query_missing", "The parameter `query` is missing.", "缺少参数`query`。";
    QUERY_STRING_INVALID = "query_string_invalid", "The query string cannot be read.", "无法读取地址中的参数。";
    RIGHTS_CHANGED = "rights_changed", "The session has ended, the token was revoked, or its rights are others now.", "会话已结束、令牌已撤销，或权限已变更。";
    SESSION_NEEDED = "session_needed", "This needs a session: sign in with a password.", "此操作需要会话，请用密码登录。";
    SOCKETS_OF_ACCOUNT = "too_many_sockets_of_account", "This account has too many connections open.", "该账号打开的连接过多。";
    SOCKETS_TOO_MANY = "too_many_sockets", "Too many connections are open.", "打开的连接过多。";
    SPENT = "rate_limited", "The budget of this account is spent; see `Retry-After`.", "该账号的额度已用完，请按`Retry-After`所示时间重试。";
    STOPPING = "stopping", "The server is stopping.", "服务器正在停止。";
    SUBSCRIPTION_BY_HTTP = "subscription_by_http", "A subscription needs `Accept: text/event-stream`, or a WebSocket (`graphql-transport-ws`) on this address.", "订阅须使用`Accept: text/event-stream`，或在此地址使用`WebSocket`（`graphql-transport-ws`）。";
    TIMEOUT = "timeout", "The request took too long and was given up.", "请求耗时过长，已放弃。";
    TOKEN_INVALID = "token_invalid", "The token is unknown, revoked or expired.", "令牌不存在、已撤销或已过期。";
    BODIES_TOO_MANY = "too_many_bodies", "Too many requests are being read at once.", "同时接收的请求过多，请稍后重试。";
    UNAUTHENTICATED = "unauthenticated", "Sign in first.", "请先登录。";
    UPGRADE_INVALID = "upgrade_invalid", "This is not a handshake of the WebSocket protocol.", "这不是有效的`WebSocket`握手。";
    UPLOAD_CODING = "content_encoding_invalid", "The body is not coded as it says.", "请求内容与所声明的编码不符。";
    UPLOAD_GROWS = "body_too_large", "The body grows too much when it is decoded.", "请求内容解压后过大。";
    UPLOAD_NO_ARRAY = "batch_malformed", "A batch is one JSON array of events.", "批量请求须为一个由事件组成的`JSON`数组。";
    UPLOAD_STOPPING = "stopping", "The server is stopping; send the rest again.", "服务器正在停止，请重新发送其余内容。";
    UPLOAD_TOO_LARGE = "body_too_large", "The body is too large.", "请求内容过大。";
    UPLOAD_TOO_LONG = "too_many_lines", "There are more lines than one request may have; send the rest in another.", "行数超过单次请求的上限，其余请另行发送。";
    UPLOADS_OF_ACCOUNT = "too_many_at_once", "This account has too many uploads and exports under way.", "该账号正在进行的上传和导出过多。";
    UPLOADS_TOO_MANY = "busy", "Too many uploads and exports are under way.", "正在进行的上传和导出过多，请稍后重试。";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    /// What is not said in Chinese stands between back quotes: names of the protocol.
    #[test]
    fn chinese_sentences_are_chinese() {
        for reason in ALL {
            let mut quoted = false;
            let words: String = reason
                .zh
                .chars()
                .filter(|c| {
                    quoted ^= *c == '`';
                    !quoted
                })
                .collect();
            let words = words.replace("{limit}", "");
            assert!(!words.contains(|c: char| c.is_ascii_alphabetic()), "{}: {words}", reason.code);
            assert!(reason.zh.ends_with('。') && reason.en.ends_with('.'), "{}", reason.code);
        }
    }
}
