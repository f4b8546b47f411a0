// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.LargeObject;

/** Puts and reads a large object in a process of its own. */
final class SwiftLargeObject {
    private SwiftLargeObject() {}

    /** Usage: {@code address bytes option value …}. */
    public static void main(String[] args) throws IOException {
        long bytes = Long.parseLong(args[1]);
        Map<String, String> options = new HashMap<>();
        for (int i = 2; i < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        try (ObjectStore store = new SwiftStoreProvider().open(URI.create(args[0]), options)) {
            LargeObject.put(store, bytes);
            LargeObject.compare(store, bytes);
        }
        LargeObject.printPeak();
    }
}
