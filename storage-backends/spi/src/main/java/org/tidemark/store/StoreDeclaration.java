// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.List;
import java.util.Optional;

/**
 * What can be known of a kind of store without its libraries: which addresses it opens, and with which options. Its
 * class is in the store's folder and refers to no class of a library, since the configuration asks every kind of store
 * before every WAL segment. {@link java.util.ServiceLoader} finds those that this program does not come with.
 */
public interface StoreDeclaration {
    /** The scheme of the addresses, such as {@code file}. */
    String scheme();

    /**
     * The name of the class that opens the store, an {@link ObjectStoreProvider} with a constructor without parameters.
     * The last part of its package is the store's name; if the store has libraries of its own, the installation keeps
     * them in {@code lib/stores/NAME}.
     */
    String provider();

    /**
     * Every option that the provider reads; all others are refused first. Those that are part of the identity stand in
     * the order in which a host remembers them, which may never change.
     */
    List<StoreOption> options();

    /** The option of this name. */
    default Optional<StoreOption> option(String name) {
        for (StoreOption option : options()) {
            if (option.name().equals(name)) {
                return Optional.of(option);
            }
        }
        return Optional.empty();
    }
}
