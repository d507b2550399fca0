//! The code as a picture: SVG, and PNG.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::render::svg;
use qrcode::{Color, EcLevel, QrCode};

use crate::kernel::Fault;

/// What every code begins with, so that an app knows what to do with it.
pub const SCHEME: &str = "kith:certify:";
/// Pixels of one module of the PNG, and modules of white around it.
const MODULE: usize = 8;
const QUIET: usize = 4;

/// A code as pictures.
pub struct Pictures {
    /// SVG.
    pub svg: String,
    /// PNG, as a data URL.
    pub png: String,
}

/// Draws a code.
///
/// # Errors
/// It is too long, which is a fault of ours.
pub fn draw(code: &str) -> Result<Pictures, Fault> {
    let qr = QrCode::with_error_correction_level(format!("{SCHEME}{code}"), EcLevel::M).map_err(Fault::internal)?;
    let svg = qr.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    let (modules, dark) = (qr.width(), qr.to_colors());
    let side = (modules + 2 * QUIET) * MODULE;
    let mut pixels = vec![u8::MAX; side * side];
    for (at, pixel) in pixels.iter_mut().enumerate() {
        let place = |pixels: usize| (pixels / MODULE).checked_sub(QUIET).filter(|module| *module < modules);
        let (Some(x), Some(y)) = (place(at % side), place(at / side)) else { continue };
        if dark.get(y * modules + x) == Some(&Color::Dark) {
            *pixel = 0;
        }
    }
    let png = lodepng::encode_memory(&pixels, side, side, lodepng::ColorType::GREY, 8).map_err(Fault::internal)?;
    Ok(Pictures { svg, png: format!("data:image/png;base64,{}", STANDARD.encode(png)) })
}
