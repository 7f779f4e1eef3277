//! Why a command to an incident can be refused.

use crate::rejection::reasons;

reasons! {
    CLOSING_WITHOUT_DISPOSITION = "closing_without_disposition", "An incident can be closed only after its disposition has been recorded.", "须先登记处置结果，方可结案。";
    CLOSING_WITHOUT_AUTHOR = "closing_without_author", "A disposition and a closing need an author: the platform can not do this by itself.", "登记处置结果和结案须有经办人，平台不能自行办理。";
    INCIDENT_MERGED = "incident_merged", "This incident was merged into {survivor}: work on that one, or unmerge it first.", "该警情已合并至{survivor}：请在该警情上操作，或先取消合并。";
    UNKNOWN_SURVIVOR = "unknown_survivor", "There is no such incident to merge into.", "要合并到的警情不存在。";
    SURVIVOR_MERGED = "survivor_merged", "The incident to merge into was itself merged into {survivor}.", "要合并到的警情本身已合并至{survivor}。";
    SURVIVOR_IS_LATER = "survivor_is_later", "The survivor of a merge is the earlier report ({earlier}): merge the other way round.", "合并后保留较早的警情（{earlier}）：请反向合并。";
    DRILL_AND_REAL = "drill_and_real", "A drill and a real incident can not be merged.", "演练与真实警情不能合并。";
    NOT_DISPATCHED = "not_dispatched", "This unit was not dispatched to the incident.", "该单元未被派往此警情。";
    NOT_ATTENDING = "not_attending", "This unit does not attend the incident.", "该单元未参与此警情。";
    AGENCY_NOT_NAMED = "agency_not_named", "Name the agency that carries the incident on.", "请填写接收该警情的单位。";
    CONTRACT_WITHOUT_COMPANY = "contract_without_company", "A contract belongs to a company: name the company as well.", "合同属于保安公司：请同时填写公司。";
    CONTRACT_OF_ANOTHER = "contract_of_another", "This contract is unknown or is not the company's.", "该合同不存在，或不属于该公司。";
    PLACE_KEY_NOT_OPAQUE = "place_key_not_opaque", "A place key consists of letters, digits and -_.:=+/ only; it is not the address itself.", "地点键只能由字母、数字及-_.:=+/组成，不得为地址本身。";
    NOTHING_TO_CORRECT = "nothing_to_correct", "Name at least one field to correct.", "请至少填写一项需要更正的内容。";
}
