//! Why a command to an area can be refused.

use crate::rejection::reasons;

reasons! {
    NOT_A_GRID = "not_a_grid", "The code {code} is not that of a grid: a grid has 15 digits.", "代码{code}不是网格代码：网格代码为15位。";
    GRID_IS_DEFINED = "grid_is_defined", "A grid is not registered but defined in its village.", "网格应在所属村（社区）内划定，不能按行政区划登记。";
    PARENT_NOT_PREFIX = "parent_not_prefix", "The area above {code} can only be the one that its code begins with.", "{code}的上级区域只能是其代码前缀所指的区域。";
    OTHER_VILLAGE = "other_village", "The grid {code} lies in another village.", "网格{code}属于其他村（社区）。";
    OTHER_LEVEL = "other_level", "The area {code} is of another level.", "区域{code}的级别不同。";
    NAMED_TWICE = "named_twice", "Each may be named only once.", "同一项不能重复填写。";
    COUNT_EXISTS = "count_exists", "Another count of that day is recorded: correct it instead.", "当日已有户数统计，请使用更正。";
    NO_SUCH_COUNT = "no_such_count", "There is no last count of that day to be corrected.", "该日没有可更正的最近一次户数统计。";
}
