// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A server with two buckets, and calls of it. */
abstract class GcsServerTest {
    GcsServer server = GcsServer.start();
    GcsCalls gcs = new GcsCalls(server);

    @BeforeEach
    void makeBuckets() {
        server.withBucket("box").withRetentionBucket("vault");
    }

    @AfterEach
    void stop() {
        gcs.close();
        server.close();
    }
}
