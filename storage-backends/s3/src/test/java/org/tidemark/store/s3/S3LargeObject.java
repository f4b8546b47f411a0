// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.LargeObject;

/** Puts and reads a large object in a process of its own. */
final class S3LargeObject {
    private S3LargeObject() {}

    /** Usage: {@code endpoint key-id file-of-the-secret bucket bytes}. */
    public static void main(String[] args) throws IOException {
        Map<String, String> options = Map.of(
                "endpoint", args[0],
                "access-key-id", args[1],
                "secret-access-key-file", args[2]);
        S3Config config = S3Config.parse(new S3Address(args[3], ""), new StoreOptions(options, _ -> Optional.empty()));
        long bytes = Long.parseLong(args[4]);
        try (ObjectStore store = S3Server.retrying(new S3ObjectStore(config))) {
            LargeObject.put(store, bytes);
            LargeObject.compare(store, bytes);
        }
        LargeObject.printPeak();
    }
}
