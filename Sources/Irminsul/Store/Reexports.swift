// What callers of the store meet in its signatures, so that `import Irminsul` is enough.
import GitObjects
import RedisScripting

public typealias Bytes = RedisScripting.Bytes
public typealias HostError = RedisScripting.HostError
public typealias ServerError = RedisScripting.ServerError
public typealias EvictionPolicy = RedisScripting.EvictionPolicy
public typealias ScriptHost = RedisScripting.ScriptHost
public typealias ObjectID = GitObjects.ObjectID
public typealias ObjectKind = GitObjects.ObjectKind
public typealias FileMode = GitObjects.FileMode
public typealias HashAlgorithm = GitObjects.HashAlgorithm
public typealias FramedObject = GitObjects.FramedObject
