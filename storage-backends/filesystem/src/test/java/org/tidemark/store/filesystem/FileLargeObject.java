// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.LargeObject;

/** Puts and reads a large object in a process of its own. */
final class FileLargeObject {
    private FileLargeObject() {}

    /** Usage: {@code address bytes}. */
    public static void main(String[] args) throws IOException {
        long bytes = Long.parseLong(args[1]);
        try (ObjectStore store = new FileSystemStoreProvider().open(URI.create(args[0]), Map.of())) {
            LargeObject.put(store, bytes);
            LargeObject.compare(store, bytes);
        }
        LargeObject.printPeak();
    }
}
