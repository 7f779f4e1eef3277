//! Why a command to an organisation can be refused.

use crate::rejection::reasons;

reasons! {
    UNIFIED_CODE_MALFORMED = "unified_code_malformed", "A unified social credit code has 18 digits and capital letters, without I, O, S, V and Z.", "统一社会信用代码为18位数字或大写字母（不含I、O、S、V、Z）。";
    LICENCE_NOT_DUE = "licence_not_due", "Only a security company holds this licence.", "只有保安公司可以持有保安服务许可证。";
    LICENCE_HELD = "licence_held", "It holds the licence {number} already: renew or revoke that one.", "该单位已持有许可证{number}，请办理续期或吊销。";
    LICENCE_MISSING = "licence_missing", "It has no licence.", "该单位没有许可证。";
    LICENCE_REVOKED = "licence_revoked", "The licence {number} is revoked; only a new one can be granted.", "许可证{number}已被吊销，只能重新申领。";
    NO_JURISDICTION = "no_jurisdiction", "Only a police station or a committee answers for areas.", "只有派出所或居（村）委会有辖区。";
    NAMED_TWICE = "named_twice", "Each may be named only once.", "同一项不能重复填写。";
    VOLUNTEER_NOT_BILLABLE = "volunteer_not_billable", "A volunteer team is never paid by the market.", "义务巡防队不得由市场付费。";
    POLICE_PAID_BY_STATE = "police_paid_by_state", "A police team is paid by the state alone.", "公安巡防队只能由财政负担。";
    TEAM_KIND_UNFIT = "team_kind_unfit", "An organisation of this kind does not form such a team.", "该类单位不能组建此类巡防队。";
    TOO_MANY_OPEN_TEAMS = "too_many_open_teams", "It has more than {limit} teams: disband some of them first.", "该单位的巡防队超过{limit}支，请先解散部分队伍。";
    TEAM_DISBANDED = "team_disbanded", "This team is disbanded.", "该巡防队已解散。";
}
