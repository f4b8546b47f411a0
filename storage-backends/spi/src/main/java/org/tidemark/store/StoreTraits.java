// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * What a store can promise, read by production code and by the contract suite. Immutable.
 *
 * @param exclusiveCreate whether of several writers of one key exactly one wins, and every other knows
 */
public record StoreTraits(ExclusiveCreate exclusiveCreate) {
    /** How {@link ObjectStore#putIfAbsent} excludes. */
    public enum ExclusiveCreate {
        /** The store decides: exactly one of several writers wins. */
        ATOMIC,
        /** Looked up first, then written: two writers at once can both be told success. */
        CHECKED
    }
}
