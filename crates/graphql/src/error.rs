//! Errors as GraphQL shows them: a stable code in `extensions.code`, a sentence, nothing of the inside.

use std::sync::Arc;

use app::AppError;
use async_graphql::{Context, Error, ErrorExtensions as _};
use domain::{Language, Reason};
use views::ViewsError;

/// The id that joins an answer to the logs. Set by the transport as request data.
#[derive(Clone, Debug)]
pub struct Correlation(pub Arc<str>);

/// Why resolvers refuse.
pub mod reason {
    domain::reasons! {
        UNAUTHENTICATED = "unauthenticated", "Sign in first.", "请先登录。";
        BAD_PAGE = "bad_page", "`first` must be 1 to 100.", "`first` 必须为1至100。";
        BAD_PERIOD = "bad_period", "A period begins before it ends and has at most 366 days.", "时段的起始日不得晚于结束日，且最多366天。";
        NO_GLOBAL_ID = "bad_user_input", "This is not a global id: `<category>-<uuid>`.", "这不是全局标识（格式：`<category>-<uuid>`）。";
        NO_RECORD = "bad_user_input", "This is not the global id of a recorded event.", "这不是已记录事件的全局标识。";
        NO_HISTORY = "bad_user_input", "This is not the global id of something that has a history.", "该标识所指对象没有历史记录。";
        STATION_UNKNOWN = "not_found", "There is no such police station.", "没有该派出所。";
        POSITION_UNKNOWN = "position_unknown", "This position is not in the log. Read anew what you show.", "日志中没有该位置，请重新读取所显示的内容。";
        RESUME_TOO_OLD = "resume_too_old", "Too much has changed since this position. Read anew what you show, then subscribe.", "自该位置以来的变更过多，请重新读取所显示的内容后再订阅。";
        LAGGED = "lagged", "Too much has changed at once. Subscribe again from this position, or read anew what you show.", "短时间内变更过多，请从该位置重新订阅，或重新读取所显示的内容。";
        ENDING = "unavailable", "The server is ending: send the command again.", "服务器正在停止，请重新发送该命令。";
    }
}

/// An error with a code.
pub(crate) fn coded(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// What is refused, in the language of who asks.
pub(crate) fn refused(language: Language, reason: &Reason) -> Error {
    coded(reason.code, reason.sentence(language))
}

/// What a person is told of a code of a fault.
pub(crate) fn sentence(code: &str, language: Language) -> &'static str {
    match (code, language) {
        ("outcome_unknown", Language::En) => {
            "It is not known whether this was done. Send it again with the same commandId."
        }
        ("outcome_unknown", Language::ZhCn) => "无法确认操作是否已执行，请使用相同的 commandId 重新发送。",
        ("unavailable", Language::En) => "The platform can not answer now. Try again later.",
        ("unavailable", Language::ZhCn) => "平台暂时无法响应，请稍后重试。",
        ("log_full", Language::En) => "There is no room left to record anything. Nothing was done.",
        ("log_full", Language::ZhCn) => "存储空间已满，操作未执行。",
        ("too_large", Language::En) => "This is too large to be recorded. Nothing was done.",
        ("too_large", Language::ZhCn) => "内容过大，无法记录，操作未执行。",
        ("bad_cursor", Language::En) => "This cursor is not one of this list.",
        ("bad_cursor", Language::ZhCn) => "该游标不属于此列表。",
        (_, Language::En) => "Something went wrong on our side.",
        (_, Language::ZhCn) => "系统内部出错。",
    }
}

/// A fault as the asker sees it; the chain goes to the operator's log, joined by the correlation id.
pub(crate) fn fault(ctx: &Context<'_>, fault: &AppError) -> Error {
    let correlation = ctx.data_opt::<Correlation>().map(|correlation| Arc::clone(&correlation.0));
    let language = ctx.data_opt::<Language>().copied().unwrap_or_default();
    report(fault, correlation.as_deref(), language)
}

pub(crate) fn report(fault: &AppError, correlation: Option<&str>, language: Language) -> Error {
    let code = fault.code();
    if code == "internal" {
        tracing::error!(%fault, correlation, "a request failed");
    } else {
        tracing::warn!(code, %fault, correlation, "a request failed");
    }
    let error = coded(code, sentence(code, language));
    match correlation {
        Some(correlation) => error.extend_with(|_, extensions| extensions.set("correlationId", correlation)),
        None => error,
    }
}

/// A cursor of something else.
pub(crate) fn bad_cursor(ctx: &Context<'_>) -> Error {
    views_fault(ctx, ViewsError::Cursor)
}

/// The same for a fault of the views.
pub(crate) fn views_fault(ctx: &Context<'_>, cause: ViewsError) -> Error {
    fault(ctx, &AppError::Views(cause))
}
