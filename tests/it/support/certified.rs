//! Certified people made by hand, for tests that are about something else: one row each.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kith::db::schema::{certifications as c, contact_keys as k, contacts as b};
use kith::domains::accounts::contacts::model::{Address, Kind};
use kith::domains::accounts::contacts::store as contacts;
use kith::domains::certification::identity::mainland::check_digit;
use kith::domains::certification::identity::model::{self, Document, PersonName, Region};
use kith::kernel::ids::{AccountId, ContactId};
use serde_json::{Value, json};

use super::app::{Persona, TestApp};

/// A mainland number that nobody else has: the `n`-th of those born on a day.
pub fn mainland_number(n: u32) -> String {
    let day = chrono::NaiveDate::from_ymd_opt(1980, 1, 1).unwrap() + chrono::TimeDelta::days(i64::from(n / 1000));
    let digits = format!("110105{}{:03}", day.format("%Y%m%d"), n % 1000);
    let check = char::from(check_digit(digits.as_bytes()).unwrap());
    format!("{digits}{check}")
}

impl TestApp {
    /// Certifies an account, if it is not yet; gives the name and the phone number of the identity.
    pub async fn certify(&self, who: &Persona) -> (String, String) {
        let number = serial(who);
        let (name, phone) = ("Wang Xiaohong 王小红".to_owned(), format!("+86138{:08}", number));
        let account: AccountId = who.id.parse().unwrap();
        let keys = &self.door.env.keys;
        let document = Document::read(Region::Mainland, &mainland_number(number), self.now().date_naive()).unwrap();
        let person = PersonName::read(&name).unwrap();
        let address = Address::phone(&phone, "CN").unwrap();
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        diesel::insert_into(c::table)
            .values((
                c::account_id.eq(account),
                c::method.eq("DOCUMENT"),
                c::region.eq("MAINLAND"),
                c::name.eq(keys.seal(model::NAME, name.as_bytes())),
                c::number.eq(keys.seal(model::NUMBER, document.number().expose().as_bytes())),
                c::number_key.eq(document.key(keys).to_vec()),
                c::name_key.eq(person.key(keys).to_vec()),
                c::phone_key.eq(address.key(keys).to_vec()),
                c::real_name.eq("PASSED"),
                c::started_at.eq(self.now()),
                c::real_name_at.eq(self.now()),
                c::real_person_at.eq(self.now()),
            ))
            .on_conflict_do_nothing()
            .execute(&mut *conn)
            .await
            .unwrap();
        (name, phone)
    }
}

/// The number of the document that [`TestApp::certify`] certifies an account by.
pub fn number_of(who: &Persona) -> String {
    mainland_number(serial(who))
}

fn serial(who: &Persona) -> u32 {
    u32::from_be_bytes(md(&who.id)) % 10_000_000
}

impl TestApp {
    /// Binds a number to an account, without a code.
    pub async fn bind_by_hand(&self, who: &Persona, phone: &str) {
        let (account, id) = (who.id.parse::<AccountId>().unwrap(), ContactId::generate());
        let address = Address::phone(phone, "CN").unwrap();
        let keys = &self.door.env.keys;
        let (key, sealed) = (address.key(keys), address.seal(keys));
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        assert!(contacts::reserve(&mut conn, &key, account, id).await.unwrap(), "{phone} is somebody else's");
        contacts::insert(&mut conn, account, id, Kind::Phone, &sealed, &key, self.now()).await.unwrap();
    }

    /// An operator looks at something that waits for one, as whoever decides must have.
    pub async fn look_at(&self, operator: &Persona, verification: &Value) {
        let query = "mutation($input: OpenVerificationInput!) { openVerification(input: $input) {
            verification { id } userErrors { code } } }";
        let input = json!({ "input": { "verificationId": verification, "reason": "to compare" } });
        let seen = self.ok(operator, query, input).await;
        assert_eq!(seen["openVerification"]["verification"]["id"], *verification, "{seen}");
    }

    /// Takes it back.
    pub async fn unbind_by_hand(&self, who: &Persona, phone: &str) {
        let account: AccountId = who.id.parse().unwrap();
        let key = Address::phone(phone, "CN").unwrap().key(&self.door.env.keys);
        let mut conn = self.door.db.get::<std::convert::Infallible>().await.unwrap();
        let rows = b::table.filter(b::account_id.eq(account).and(b::value_key.eq(key.to_vec())));
        diesel::delete(rows).execute(&mut *conn).await.unwrap();
        diesel::delete(k::table.find(key.to_vec())).execute(&mut *conn).await.unwrap();
    }
}

fn md(id: &str) -> [u8; 4] {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(id.as_bytes());
    [hash[0], hash[1], hash[2], hash[3]]
}
