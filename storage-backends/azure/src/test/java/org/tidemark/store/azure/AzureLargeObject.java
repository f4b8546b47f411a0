// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.LargeObject;

/** Puts and reads a large object in a process of its own. */
final class AzureLargeObject {
    private AzureLargeObject() {}

    /** Usage: {@code put|put-and-read address endpoint bytes}, with the credentials in the environment. */
    public static void main(String[] args) throws IOException {
        long bytes = Long.parseLong(args[3]);
        try (ObjectStore store = new AzureStoreProvider().open(URI.create(args[1]), Map.of("endpoint", args[2]))) {
            LargeObject.put(store, bytes);
            if (args[0].equals("put-and-read")) {
                LargeObject.compare(store, bytes);
            }
        }
        LargeObject.printPeak();
    }
}
