// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.LargeObject;

/** Puts and reads a large object in a process of its own. */
final class SftpLargeObject {
    private SftpLargeObject() {}

    /** Usage: {@code address key-file known-hosts bytes}. */
    public static void main(String[] args) throws IOException {
        long bytes = Long.parseLong(args[3]);
        Map<String, String> options = Map.of("key-file", args[1], "known-hosts", args[2]);
        try (ObjectStore store = new SftpStoreProvider().open(URI.create(args[0]), options)) {
            LargeObject.put(store, bytes);
            LargeObject.compare(store, bytes);
        }
        LargeObject.printPeak();
    }
}
