// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.SwiftServer;

/** Stores in the Swift that the tests share. */
final class SwiftStores {
    private SwiftStores() {}

    /** As an operator opens it. */
    static ObjectStore open(String container, String user, String... more) {
        return new SwiftStoreProvider().open(URI.create("swift://" + container), options(user, more));
    }

    static Map<String, String> options(String user, String... more) {
        Map<String, String> options = new HashMap<>(SwiftServer.shared().options(user));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return options;
    }

    static SwiftObjectStore withTime(String container, Map<String, String> options, ElapsedTime time) {
        return new SwiftObjectStore(
                SwiftConfig.parse(URI.create("swift://" + container), new StoreOptions(options)), time);
    }
}
