// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * The promises of a store that differ between stores. Immutable.
 *
 * @param exclusiveCreate whether exactly one of several writers of one key succeeds
 */
public record StoreTraits(ExclusiveCreate exclusiveCreate) {
    /** How {@link ObjectStore#putIfAbsent} excludes other writers. */
    public enum ExclusiveCreate {
        /** The store decides: exactly one of several writers succeeds, and the others get {@code ObjectExists}. */
        ATOMIC,
        /** The store looks the key up and then writes: two writers at the same time can both succeed. */
        CHECKED
    }
}
