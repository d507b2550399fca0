//! Photos as they come from strangers: read within limits, made anew, without what else was in the file.
//!
//! JPEG by the crate `image`, PNG by `lodepng`: `image`'s own way to read PNG changes features of a crate deep in the embedded
//! PostgreSQL's tree, which then is compiled anew everywhere (ten minutes).

use std::io::{Cursor, Write};
use std::sync::LazyLock;

use flate2::write::ZlibDecoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, RgbImage};
use tokio::sync::Semaphore;

/// The longest side of what is read, in pixels.
const LONGEST_SIDE: u32 = 8_192;
/// Memory for reading one image.
const MOST_MEMORY: u64 = 128 * 1024 * 1024;
/// Pixels of a PNG.
const MOST_PIXELS: u64 = 24_000_000;
/// How files of the two kinds begin.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];
/// The longest side of what is kept, in pixels.
const KEPT_SIDE: u32 = 1_024;
/// The shortest side that a face can be seen on, in pixels.
const SHORTEST_SIDE: u32 = 64;
/// How well what is kept is kept, 1 to 100.
const QUALITY: u8 = 85;

/// Images that are read at once: each may take a lot of memory.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// Why an image is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadImage {
    /// It is neither JPEG nor PNG, whatever it is called.
    WrongType,
    /// It has more pixels than are read: a few bytes can ask for gigabytes.
    TooManyPixels,
    /// It ends early, or is broken.
    Broken,
}

/// Reads an image and makes it anew: a JPEG of 1,024 pixels a side at most, the right way up, without metadata (where and when
/// it was taken, with what) and without anything that hides in the file.
///
/// # Errors
/// [`BadImage`].
pub async fn clean(bytes: Vec<u8>) -> Result<Vec<u8>, BadImage> {
    let Ok(_turn) = AT_ONCE.acquire().await else { return Err(BadImage::Broken) };
    tokio::task::spawn_blocking(move || made_anew(&bytes)).await.unwrap_or(Err(BadImage::Broken))
}

pub fn made_anew(bytes: &[u8]) -> Result<Vec<u8>, BadImage> {
    let mut image = read(bytes)?;
    if image.width() > KEPT_SIDE || image.height() > KEPT_SIDE {
        image = image.thumbnail(KEPT_SIDE, KEPT_SIDE);
    }
    let mut kept = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut kept, QUALITY);
    DynamicImage::from(image.to_rgb8()).write_with_encoder(encoder).map_err(|_| BadImage::Broken)?;
    Ok(kept)
}

pub fn read(bytes: &[u8]) -> Result<DynamicImage, BadImage> {
    if bytes.starts_with(PNG) {
        return png(bytes);
    }
    if !bytes.starts_with(JPEG) {
        return Err(BadImage::WrongType);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| reason(&error))?;
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| reason(&error))?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// Reads a PNG. The library has no limits of its own, so it gets the chunks that make a picture and no other, once it is known
/// that they unpack to no more than their header says.
fn png(bytes: &[u8]) -> Result<DynamicImage, BadImage> {
    let mut plain = PNG.to_vec();
    let mut unpacked = Counted { left: None, inflate: ZlibDecoder::new(Nowhere(0)) };
    let mut rest = bytes.get(PNG.len()..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| BadImage::Broken)?;
        let whole = length.checked_add(8).filter(|whole| *whole <= after.len()).ok_or(BadImage::Broken)?;
        let (chunk, behind) = after.split_at(whole);
        let (kind, data) = (chunk.get(..4).unwrap_or_default(), chunk.get(4..4 + length).unwrap_or_default());
        match kind {
            b"IHDR" => unpacked.left = Some(most_bytes(data)?),
            b"IDAT" => unpacked.push(data)?,
            _ => {}
        }
        if matches!(kind, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"IEND") {
            plain.extend_from_slice(&rest[..4 + whole]);
        }
        rest = behind;
        if kind == b"IEND" {
            break;
        }
    }
    let read = lodepng::decode24(&plain).map_err(|_| BadImage::Broken)?;
    let (width, height) = (u32::try_from(read.width), u32::try_from(read.height));
    let (Ok(width), Ok(height)) = (width, height) else { return Err(BadImage::TooManyPixels) };
    let pixels: Vec<u8> = read.buffer.iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    RgbImage::from_raw(width, height, pixels).map(DynamicImage::from).ok_or(BadImage::Broken)
}

/// The bytes that the picture of a header can unpack to.
fn most_bytes(header: &[u8]) -> Result<u64, BadImage> {
    let side = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let (Some(width), Some(height)) = (side(0), side(4)) else { return Err(BadImage::Broken) };
    let fits = (1..=LONGEST_SIDE).contains(&width) && (1..=LONGEST_SIDE).contains(&height);
    let pixels = u64::from(width) * u64::from(height);
    if !fits || pixels > MOST_PIXELS {
        return Err(BadImage::TooManyPixels);
    }
    // Eight bytes a pixel at most, one for each line, and seven passes where lines are interlaced.
    Ok(pixels * 8 + u64::from(height) * 16 + 1_024)
}

/// Counts what a stream unpacks to, and keeps nothing of it.
struct Counted {
    left: Option<u64>,
    inflate: ZlibDecoder<Nowhere>,
}

impl Counted {
    fn push(&mut self, packed: &[u8]) -> Result<(), BadImage> {
        let most = self.left.ok_or(BadImage::Broken)?;
        // In small pieces, so that a bomb is seen long before all of it went off.
        for piece in packed.chunks(4 * 1024) {
            self.inflate.write_all(piece).map_err(|_| BadImage::Broken)?;
            if self.inflate.get_ref().0 > most {
                return Err(BadImage::TooManyPixels);
            }
        }
        Ok(())
    }
}

struct Nowhere(u64);

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn reason(error: &image::ImageError) -> BadImage {
    match error {
        image::ImageError::Limits(_) => BadImage::TooManyPixels,
        _ => BadImage::Broken,
    }
}

/// Whether a photo that was made anew can show anybody: large enough, and not all of one colour.
#[must_use]
pub fn shows_something(photo: &[u8]) -> bool {
    let Ok(image) = read(photo) else { return false };
    if image.width() < SHORTEST_SIDE || image.height() < SHORTEST_SIDE {
        return false;
    }
    let small = image.thumbnail(32, 32).to_luma8();
    let (least, most) = small.pixels().fold((u8::MAX, 0), |(least, most), p| (least.min(p.0[0]), most.max(p.0[0])));
    most.saturating_sub(least) > 24
}
