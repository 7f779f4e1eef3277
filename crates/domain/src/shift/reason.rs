//! Why a command to a shift can be refused.

use crate::rejection::reasons;

reasons! {
    OVERLAPPING_SHIFT = "overlapping_shift", "This person has another duty at that time ({other}).", "该人员在此时段已有其他勤务（{other}）。";
    NO_PLACE_LEFT = "no_place_left", "All {places} places of this shift are filled.", "该班次的{places}个名额已满。";
    NOT_ASSIGNED = "not_assigned", "This person has no place in this shift.", "该人员未被安排到此班次。";
    ALREADY_ON_DUTY = "already_on_duty", "This person is on duty already.", "该人员已到岗。";
    NOT_ON_DUTY = "not_on_duty", "This person is not on duty.", "该人员未到岗。";
    SHIFT_TOO_LONG = "shift_too_long", "A shift lasts at most 24 hours.", "一个班次最长24小时。";
    TOO_EARLY = "too_early", "This can be done only after {earliest}.", "只能在{earliest}之后执行。";
    NOT_MEMBER = "not_member", "This person does not serve this organisation.", "该人员不属于本单位。";
    NOT_A_GUARD = "not_a_guard", "Contract duty is for guards of the company; this person is none.", "合同勤务只能由本公司保安员承担；该人员不是。";
    GUARD_CERTIFICATE = "guard_certificate", "A guard needs a valid certificate; this one is {standing}.", "保安员须持有效保安员证；当前状态：{standing}。";
    GUARD_UNDER_18 = "guard_under_18", "A guard must be at least 18 years old.", "保安员须年满18周岁。";
    GUARD_BARRED = "guard_barred", "This person is barred from guard work.", "该人员被禁止担任保安员。";
    TRADE_CLOSED = "trade_closed", "This trade is not open.", "该换班申请已结束。";
    OVER_SHIFT_LENGTH = "over_shift_length", "At most {most} minutes fit into this shift.", "该班次最多可认定{most}分钟。";
    CONTRACT_OF_ANOTHER = "contract_of_another", "This contract or post is not one of this organisation's.", "该合同或岗位不属于本单位。";
    POST_WITHOUT_CONTRACT = "post_without_contract", "A post belongs to a contract: name the contract as well.", "岗位属于合同：请同时填写合同。";
}
