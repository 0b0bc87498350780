/*
 * Readers of kernel structures for argument types; a reader exists when its layout members are known. No holes.
 */
#ifdef L_sock___sk_common_skc_family
/* Each reader's result is 0, or not when there is nothing to read at that address. */
static __always_inline long burin_read_sock(struct w_sock *w, u64 sk) {
  u16 port = 0;
  long rc = burin_read(&w->family, 2, (void *)(sk + L_sock___sk_common_skc_family));
  w->cookie = sk;
  burin_read(&w->sport, 2, (void *)(sk + L_sock___sk_common_skc_num)); /* host order already */
  burin_read(&port, 2, (void *)(sk + L_sock___sk_common_skc_dport));
  w->dport = __builtin_bswap16(port);
#ifdef L_sock___sk_common_skc_state
  burin_read(&w->state, 1, (void *)(sk + L_sock___sk_common_skc_state));
#endif
#ifdef L_sock_sk_type
  burin_read(&w->type, 2, (void *)(sk + L_sock_sk_type));
#endif
#ifdef L_sock_sk_protocol
  burin_read(&w->protocol, 2, (void *)(sk + L_sock_sk_protocol));
#endif
#ifdef L_sock_sk_mark
  burin_read(&w->mark, 4, (void *)(sk + L_sock_sk_mark));
#endif
#ifdef L_sock_sk_priority
  burin_read(&w->priority, 4, (void *)(sk + L_sock_sk_priority));
#endif
  if (w->family == 2) {
    burin_read(&w->saddr, 4, (void *)(sk + L_sock___sk_common_skc_rcv_saddr));
    burin_read(&w->daddr, 4, (void *)(sk + L_sock___sk_common_skc_daddr));
  }
#if defined(L_sock___sk_common_skc_v6_rcv_saddr) && defined(L_sock___sk_common_skc_v6_daddr)
  if (w->family == 10) {
    burin_read(&w->saddr, 16, (void *)(sk + L_sock___sk_common_skc_v6_rcv_saddr));
    burin_read(&w->daddr, 16, (void *)(sk + L_sock___sk_common_skc_v6_daddr));
  }
#endif
  return rc;
}
#endif

/* Kernel memory, or (when user is 1) the user's. */
static __always_inline long burin_read_sockaddr(struct w_sockaddr *w, u64 address, int user) {
  u8 raw[28] = {}; /* struct sockaddr_in: family, port, 4 bytes; sockaddr_in6: family, port, flow info, 16 bytes, scope */
  long rc = user ? burin_read_user(raw, 16, (void *)address) : burin_read(raw, 16, (void *)address);
  if (rc) { /* shorter than that, at the end of a page */
    rc = user ? burin_read_user(raw, 2, (void *)address) : burin_read(raw, 2, (void *)address);
    w->family = *(u16 *)raw;
    return rc;
  }
  w->family = *(u16 *)raw;
  if (w->family == 2) {
    __builtin_memcpy(&w->addr, raw + 4, 4);
  } else if (w->family == 10) {
    rc = user ? burin_read_user(&w->addr, 16, (void *)(address + 8)) : burin_read(&w->addr, 16, (void *)(address + 8));
  } else {
    return 0;
  }
  w->port = __builtin_bswap16(*(u16 *)(raw + 2));
  return rc;
}

#if defined(L_sk_buff_head) && defined(L_sk_buff_network_header)
static __always_inline long burin_read_skb(struct w_skb *w, u64 skb) {
  u64 head = 0;
  u16 network = 0, ports[2] = {};
  u8 first = 0, protocol = 0;
  u32 l4 = 0;
  if (burin_read(&head, 8, (void *)(skb + L_sk_buff_head))) return 1;
  burin_read(&network, 2, (void *)(skb + L_sk_buff_network_header));
#ifdef L_sk_buff_len
  burin_read(&w->len, 4, (void *)(skb + L_sk_buff_len));
#endif
#ifdef L_sk_buff_mark
  burin_read(&w->mark, 4, (void *)(skb + L_sk_buff_mark));
#endif
#ifdef L_sk_buff_priority
  burin_read(&w->priority, 4, (void *)(skb + L_sk_buff_priority));
#endif
#ifdef L_sk_buff_hash
  burin_read(&w->hash, 4, (void *)(skb + L_sk_buff_hash));
#endif
  if (network == 0xffff) return 0; /* not set yet: no tuple rather than a stale one */
#ifdef L_sk_buff_protocol
  u16 kind = 0; /* on the way down from a socket it may not be set yet */
  burin_read(&kind, 2, (void *)(skb + L_sk_buff_protocol));
  kind = __builtin_bswap16(kind);
  if (kind != 0 && kind != 0x0800 && kind != 0x86dd) return 0; /* neither ETH_P_IP nor ETH_P_IPV6 */
#endif
  u64 ip = head + network;
  burin_read(&first, 1, (void *)ip);
  if ((first >> 4) == 4) {
    u16 fragment = 0;
    w->family = 2;
    burin_read(&protocol, 1, (void *)(ip + 9));
    burin_read(&fragment, 2, (void *)(ip + 6));
    burin_read(&w->saddr, 4, (void *)(ip + 12));
    burin_read(&w->daddr, 4, (void *)(ip + 16));
    /* only the first fragment carries ports */
    if ((__builtin_bswap16(fragment) & 0x1fff) == 0) l4 = (first & 15) * 4;
  } else if ((first >> 4) == 6) {
    u32 off = 40;
    u8 next = 0, length = 0;
    w->family = 10;
    burin_read(&w->saddr, 16, (void *)(ip + 8));
    burin_read(&w->daddr, 16, (void *)(ip + 24));
    burin_read(&next, 1, (void *)(ip + 6));
    l4 = off;
#pragma unroll
    for (int i = 0; i < 8; i++) {
      if (next == 0 || next == 43 || next == 60) { /* hop-by-hop, routing, destination options */
        burin_read(&length, 1, (void *)(ip + off + 1));
        burin_read(&next, 1, (void *)(ip + off));
        off += (length + 1) * 8;
      } else if (next == 51) { /* authentication header: 4-byte units */
        burin_read(&length, 1, (void *)(ip + off + 1));
        burin_read(&next, 1, (void *)(ip + off));
        off += (length + 2) * 4;
      } else if (next == 44) { /* fragment */
        u16 fragment = 0;
        burin_read(&fragment, 2, (void *)(ip + off + 2));
        burin_read(&next, 1, (void *)(ip + off));
        off += 8;
        if (__builtin_bswap16(fragment) & 0xfff8) {
          l4 = 0;
          break;
        }
      } else {
        break;
      }
      l4 = off;
    }
    protocol = next;
  } else {
    return 0;
  }
  w->protocol = protocol;
  if (l4 && (protocol == 6 || protocol == 17)) {
    burin_read(ports, 4, (void *)(ip + l4));
    w->sport = __builtin_bswap16(ports[0]);
    w->dport = __builtin_bswap16(ports[1]);
  }
  return 0;
}
#endif

