import RedisScripting
public func placeholder() -> Script { .open }
