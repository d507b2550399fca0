use type_safe_id::{DynamicType, TypeSafeId};
use uuid::Uuid;

use kith::kernel::ids::*;

#[test]
fn round_trips_and_sorts_by_creation() {
    let first = ShopId::generate();
    let second = ShopId::generate();
    assert!(first.to_string() < second.to_string());
    assert_eq!(first.to_string().parse::<ShopId>().unwrap(), first);
}

#[test]
fn the_text_is_what_type_safe_id_makes() {
    let kind = || DynamicType::new("shop").unwrap();
    for uuid in [Uuid::nil(), Uuid::max()].into_iter().chain((0..1_000).map(|_| Uuid::new_v4())) {
        let wanted = TypeSafeId::from_type_and_uuid(kind(), uuid).to_string();
        assert_eq!(ShopId::from_uuid(uuid).to_string(), wanted);
    }
}

#[test]
fn another_kind_and_garbage_are_refused() {
    let shop = ShopId::generate().to_string();
    assert!(shop.parse::<OrderId>().is_err());
    for bad in ["", "shop", "shop_", "shop_zz", "shop_01h455vb4pex5vsknk084sn02q\0", "ｓhop_01h455vb4pex5vsknk084sn02q"]
    {
        assert!(bad.parse::<ShopId>().is_err(), "{bad:?}");
    }
}
