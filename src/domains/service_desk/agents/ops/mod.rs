//! What can be done with agents and groups.

pub mod heartbeat;
pub mod set;

use crate::kernel::Text;
use crate::kernel::fault::Refusal;

/// Why the desk stays as it is.
#[derive(Debug)]
pub enum DeskRefusal {
    /// A name or a page that is empty, too long, or too many pages.
    GroupInvalid,
    /// Another group has the name.
    NameTaken,
    /// As many groups as a shop may have.
    GroupLimit,
    /// A weight that is not 0 to 100.
    WeightInvalid,
    /// Whoever asks is no agent.
    NotAnAgent,
}

impl Refusal for DeskRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::GroupInvalid => "GROUP_INVALID",
            Self::NameTaken => "NAME_TAKEN",
            Self::GroupLimit => "GROUP_LIMIT",
            Self::WeightInvalid => "WEIGHT_INVALID",
            Self::NotAnAgent => "NOT_AN_AGENT",
        }
    }

    fn field(&self) -> &'static [&'static str] {
        match self {
            Self::GroupInvalid | Self::NameTaken => &["name"],
            Self::WeightInvalid => &["weight"],
            Self::GroupLimit | Self::NotAnAgent => &[],
        }
    }

    fn message(&self) -> Text {
        match self {
            Self::GroupInvalid => Text::new(
                "A group has a name of 1 to 40 characters and at most 100 pages of 1 to 100 characters.",
                "分组名称为 1 到 40 个字符,最多绑定 100 个页面,每个 1 到 100 个字符。",
            ),
            Self::NameTaken => Text::new("Another group has this name. Choose another.", "已有同名分组,请更换名称。"),
            Self::GroupLimit => Text::new(
                "A shop has at most 50 groups. Change one instead.",
                "一个店铺最多 50 个分组,请修改已有分组。",
            ),
            Self::WeightInvalid => Text::new("A weight is 0 to 100.", "权重为 0 到 100。"),
            Self::NotAnAgent => Text::new(
                "You are not at the service desk. Ask whoever manages it for setDeskAgent.",
                "您不在客服分流名单中,请联系管理员通过 setDeskAgent 添加。",
            ),
        }
    }
}
