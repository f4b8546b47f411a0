// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.randomBytes;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.BadSource;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.gcs.GcsServer;

/** An upload in pieces whose session ends before it does, on a server where no other test has sessions. */
class ExpiredSessionTest {
    @Test
    void anUploadWhoseSessionIsOverIsUnavailableAndLeavesNothing() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 2_000_000);
        try (GcsServer server = GcsServer.start().withBucket("wal");
                ObjectStore store = new GcsStoreProvider()
                        .open(
                                URI.create("gs://wal"),
                                ServedBucket.options(server.port(), Map.of("chunk-size", "256KiB")))) {
            assertThatThrownBy(() ->
                            store.putIfAbsent(key("main/new"), BadSource.pausingHalfWay(bytes, server::expireSessions)))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("410")
                    .satisfies(e -> assertThat(SecretsIn.all(e)).doesNotContain("upload_id"));

            assertThat(keys(store, "")).isEmpty();
            assertThat(store.unfinishedUploads()).isEmpty();
        }
    }
}
