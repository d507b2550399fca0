//! The owners of the demo's shops are certified, by the same commands as everybody: a phone, a document, a photo.

use std::convert::Infallible;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Rgb, RgbImage};

use super::{act, connection, failed, log_in};
use crate::app::{AppError, Service};
use crate::db::Connection;
use crate::domains::accounts::account::store as accounts;
use crate::domains::accounts::contacts::model::{Address, Kind};
use crate::domains::accounts::contacts::store as contacts;
use crate::domains::certification::identity::model::Region;
use crate::domains::certification::identity::ops::certify::Certify;
use crate::domains::certification::person::model::{Gesture, folder};
use crate::domains::certification::person::ops::start::StartPersonSession;
use crate::domains::certification::person::ops::submit::SubmitPersonPhoto;
use crate::domains::certification::verifications;
use crate::kernel::Fault;
use crate::kernel::ids::{ContactId, TypedId};
use crate::providers::images;
use crate::telemetry::Secret;

/// Somebody who owns or manages shops of the demo. None of them exists.
pub struct Owner {
    /// The log-in name.
    pub login: &'static str,
    /// The name in the document.
    pub name: &'static str,
    /// The phone number.
    pub phone: &'static str,
    /// The number of the document.
    number: &'static str,
}

/// The owner of Aurora Lights.
pub const AURORA: Owner =
    Owner { login: "aurora", name: "林晓光", phone: "+8613800000001", number: "11010519491231002X" };
/// The owner of Boreal Tea.
pub const BOREAL: Owner =
    Owner { login: "boreal", name: "白北辰", phone: "+8613800000002", number: "110105194912310038" };

/// The manager of both.
pub const MANAGER: Owner =
    Owner { login: "jingli", name: "郑经纬", phone: "+8613800000003", number: "110105199003070017" };

/// Who holds the demo's payment accounts, for `certifyByPaymentAccount`.
pub const HOLDERS: &[(&str, &str, &str)] = &[("meimei@pay.example.com", "韩梅梅", "110105199506200020")];

/// Certifies somebody.
///
/// # Errors
/// The world cannot be made.
pub async fn make(service: &Service, owner: &Owner) -> Result<(), AppError> {
    bind(service, owner.login, owner.phone).await?;
    let token = log_in(service, owner.login).await?;
    let certify = Certify {
        region: Region::Mainland,
        name: Secret::new(owner.name.to_owned()),
        number: Secret::new(owner.number.to_owned()),
    };
    let asked = act(service, Some(&token), certify).await?;
    let account = asked.account.uuid();
    let ask = async |id| verifications::ask(&service.door, &service.certifier, account, id).await.map_err(failed);
    ask(asked.verification).await?;
    let gesture = Gesture::any(&*service.certifier.dice);
    let session = act(service, Some(&token), StartPersonSession { gesture }).await?.session;
    let photo = images::clean(drawing().map_err(failed)?).await.map_err(failed)?;
    let key = format!("{}/drawing.jpg", folder(session));
    service.certifier.photos.put(&key, photo).await.map_err(failed)?;
    let submitted = act(service, Some(&token), SubmitPersonPhoto { session, photo: key }).await?;
    ask(submitted.verification).await
}

/// Binds a number without a code: nobody would get it.
///
/// # Errors
/// The world cannot be made.
pub async fn bind(service: &Service, login: &str, phone: &str) -> Result<(), AppError> {
    let account = accounts::by_login(&mut *connection(service).await?, login).await.map_err(failed)?;
    let account = account.ok_or_else(|| failed("no such account"))?.id;
    let address = Address::phone(phone, "CN").ok_or_else(|| failed("no phone number"))?;
    let (keys, now, id) = (&service.door.env.keys, service.door.clock.now(), ContactId::generate());
    let (key, sealed) = (address.key(keys), address.seal(keys));
    let bound = service.door.db.transaction(async |conn: &mut Connection| {
        contacts::reserve(conn, &key, account, id).await.map_err(Fault::<Infallible>::from)?;
        contacts::insert(conn, account, id, Kind::Phone, &sealed, &key, now).await.map_err(Fault::from)
    });
    bound.await.map(|_| ()).map_err(failed)
}

/// A face, as far as circles can be one.
fn drawing() -> Result<Vec<u8>, image::ImageError> {
    let within = |x: i64, y: i64, (cx, cy): (i64, i64), r: i64| (x - cx).pow(2) + (y - cy).pow(2) < r * r;
    let picture = RgbImage::from_fn(256, 256, |x, y| {
        let (x, y) = (i64::from(x), i64::from(y));
        let eye = within(x, y, (96, 110), 10) || within(x, y, (160, 110), 10);
        let mouth = within(x, y, (128, 160), 30) && y > 168;
        match (eye || mouth, within(x, y, (128, 128), 90)) {
            (true, _) => Rgb([60, 40, 40]),
            (false, true) => Rgb([240, 210, 180]),
            (false, false) => Rgb([120, 150, 190]),
        }
    });
    let mut bytes = Vec::new();
    DynamicImage::from(picture).write_with_encoder(JpegEncoder::new(&mut bytes))?;
    Ok(bytes)
}
