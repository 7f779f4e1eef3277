//! Why personal data is not opened.

use crate::rejection::reasons;

reasons! {
    REVEAL_LIMIT = "reveal_limit", "Personal data of at most {limit} subjects an hour is opened to one account.", "每个账户每小时最多可查看{limit}个对象的个人信息。";
    SUBJECT_ERASED = "subject_erased", "Everything that identifies this person has been erased.", "该人员的身份信息已被删除。";
    NO_SUCH_FIELD = "no_such_field", "This is no personal field of what is to be opened.", "所要查看的对象没有该个人信息字段。";
    NOTHING_NAMED = "nothing_named", "Say what is to be opened.", "请指明要查看的对象。";
    REVEAL_OVER = "reveal_over", "These values were shown before; to see them again open them again, with a new commandId.", "该次查看已结束；如需再次查看，请使用新的 commandId 重新申请。";
    PHONE_TOO_SHORT = "phone_too_short", "A phone number has at least 5 digits.", "电话号码至少应有5位数字。";
}
