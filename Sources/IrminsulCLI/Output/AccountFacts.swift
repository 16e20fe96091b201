import Irminsul

/// What accounts say in JSON.
struct TotalFacts: Encodable {
  let objects: Int
  let bytes: Int

  init(_ total: ObjectTotal) { (objects, bytes) = (total.objects, total.bytes) }
}

struct RefFacts: Encodable {
  let ref: String
  let branch: String?
  let objects: Int
  let bytes: Int
  let kinds: KindTotals

  init(_ account: RefAccount) {
    (ref, branch, kinds) = (account.ref, account.branch, account.own)
    (objects, bytes) = (kinds.all.objects, kinds.all.bytes)
  }
}

struct GrowthFacts: Encodable {
  struct Commit: Encodable {
    let commit: String
    let date: Int64
    let objects: Int
    let bytes: Int

    init(_ growth: CommitGrowth) {
      (commit, date) = (growth.id.hex, growth.date)
      (objects, bytes) = (growth.added.all.objects, growth.added.all.bytes)
    }
  }

  let objects: Int
  let bytes: Int
  let kinds: KindTotals
  let median: ObjectTotal?
  let cut: Int
  let seconds: Int64
  let commits: [Commit]

  init(_ growth: Growth) {
    kinds = growth.total
    (objects, bytes) = (kinds.all.objects, kinds.all.bytes)
    (median, cut, seconds) = (growth.median, growth.cut, growth.seconds)
    commits = growth.commits.map(Commit.init)
  }
}

struct DirectoryFacts: Encodable {
  let path: String
  let pathBase64: String?
  let ref: String
  let entries: Int
  let bytes: Int

  init(_ directory: LargeDirectory) {
    path = directory.path.description
    pathBase64 = JSONBytes(directory.path.bytes).base64
    (ref, entries, bytes) = (directory.ref, directory.entries, directory.bytes)
  }
}

struct BlobFacts: Encodable {
  let id: String
  let bytes: Int
  let path: String?
  let pathBase64: String?
  let commit: String?

  init(_ blob: KindAccounts.SizedBlob, at place: BlobPlace?) {
    (id, bytes) = (blob.id.hex, blob.bytes)
    path = place?.path.description
    pathBase64 = place.flatMap { JSONBytes($0.path.bytes).base64 }
    commit = place?.commit.hex
  }
}

extension KindTotals {
  /// Each kind with its name, in the order in which they are shown; what is no object only where there is any.
  var named: [(name: String, total: ObjectTotal)] {
    let kinds = [("blobs", blob), ("trees", tree), ("commits", commit), ("tags", tag)]
    return kinds + (other.objects > 0 ? [("others", other)] : []) + [("all", all)]
  }
}
