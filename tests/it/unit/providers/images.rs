use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Rgb, RgbImage};

use kith::providers::images::*;

fn jpeg(image: RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::from(image).write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 90)).unwrap();
    bytes
}

fn encoded_png(image: &RgbImage) -> Vec<u8> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    lodepng::encode24(image.as_raw(), width, height).unwrap()
}

fn striped(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x % 64 < 32 { Rgb([250, 240, 230]) } else { Rgb([20, 30, 40]) })
}

#[test]
fn r2_4_what_is_kept_is_made_anew_and_has_no_metadata() {
    let mut jpeg = jpeg(striped(300, 200));
    // A comment and an application segment (where Exif stands), right behind the start of the image.
    let segment = [&[0xff, 0xe1, 0, 20][..], b"Exif\0\0 31.23 121.47"].concat();
    jpeg.splice(2..2, segment[..22].iter().copied());
    assert!(jpeg.windows(5).any(|w| w == b"31.23"));
    let kept = made_anew(&jpeg).unwrap();
    assert!(!kept.windows(5).any(|w| w == b"31.23") && !kept.windows(4).any(|w| w == b"Exif"));
    assert_eq!((read(&kept).unwrap().width(), read(&kept).unwrap().height()), (300, 200));
    let large = made_anew(&encoded_png(&striped(2_400, 1_200))).unwrap();
    assert_eq!((read(&large).unwrap().width(), read(&large).unwrap().height()), (1_024, 512));
    assert!(shows_something(&kept));
    assert!(!shows_something(&encoded_png(&RgbImage::new(300, 300))), "all black");
    assert!(!shows_something(&encoded_png(&striped(40, 40))), "too small");
}

#[test]
fn h31_bombs_other_types_and_broken_files_are_refused() {
    // 30,000 x 30,000 pixels of one colour: 2.7 GB, in a few hundred kilobytes.
    let mut bomb = encoded_png(&striped(64, 64));
    bomb[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
    let sum = crc32fast::hash(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&sum);
    assert_eq!(made_anew(&bomb), Err(BadImage::TooManyPixels));
    for other in
        [&b"GIF89a\x01\0\x01\0"[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"RIFF\0\0\0\0WEBP", b"", b"\0"]
    {
        assert_eq!(made_anew(other), Err(BadImage::WrongType));
    }
    let whole = encoded_png(&striped(100, 100));
    for at in [8, 33, 60, whole.len() / 2] {
        assert_eq!(made_anew(&whole[..at]), Err(BadImage::Broken), "cut at {at}");
    }
    assert!(made_anew(b"\x89PNG\r\n\x1a\n and then nonsense").is_err());
    assert!(made_anew(b"\xff\xd8\xff\xe0 and then nonsense").is_err());
}
