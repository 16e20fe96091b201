#if Redis
  import RedisScripting

  extension RedisHost {
    public func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String] {
      []
    }
  }
#endif
