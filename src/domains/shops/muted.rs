//! What a muted sub-account writes does not arrive (requirement 4.5): what buyers read elsewhere than in a conversation is refused.

use crate::kernel::Text;

/// What a muted one is told.
pub const MUTED: Text = Text::new(
    "You are not certified yet, so what you write does not reach buyers. Ask for a QR code with createCertificationCode, have \
     yourself certified, and do it again.",
    "您尚未完成认证,填写的内容不会送达买家。请通过 createCertificationCode 获取二维码完成认证后重试。",
);
