// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * The addresses and the options of a kind of store. The class is in the store's folder and refers to no class of a
 * library, because the configuration loads every declaration before every WAL segment. {@link java.util.ServiceLoader}
 * finds the declarations of additional stores.
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
     * Every option that the provider reads; any other option is refused first. The order of the options that are part
     * of the identity must never change, because hosts remember them in this order.
     */
    List<StoreOption> options();

    /**
     * Every variable of the environment that decides where objects go or with whose rights, by its name or by the
     * beginning of several names, such as {@code AWS_}; HOME and PATH always do.
     */
    default List<String> variables() {
        return List.of();
    }

    /**
     * Checks the form of an address, without a class of a library and without opening anything.
     *
     * @throws IllegalArgumentException if no store of this kind can be at the address
     */
    void requireAddress(URI address);

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
