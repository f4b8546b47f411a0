// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.LargeObject;

/** Puts and reads a large object in a process of its own. */
final class RsyncLargeObject {
    private RsyncLargeObject() {}

    /** Usage: {@code address work-directory bytes}, with the password in the environment. */
    public static void main(String[] args) throws IOException {
        long bytes = Long.parseLong(args[2]);
        Map<String, String> options = Map.of("work-directory", args[1]);
        try (ObjectStore store = new RsyncStoreProvider().open(URI.create(args[0]), options)) {
            LargeObject.put(store, bytes);
            LargeObject.compare(store, bytes);
        }
        LargeObject.printPeak();
    }
}
