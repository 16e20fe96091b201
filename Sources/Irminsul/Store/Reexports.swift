// `import Irminsul` is enough to name and use what the store's signatures mention: ids, modes and
// objects, bytes and the errors of a host. SwiftNIO's umbrella module does the same.
@_exported import GitObjects
@_exported import RedisScripting
