// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A server with a bucket, and calls of it. These tests hold what the tests of the store cannot see through Google's
 * library; lists, races, locks and encryption keys are tested there.
 */
abstract class GcsServerTest {
    GcsServer server = GcsServer.start();
    GcsCalls gcs = new GcsCalls(server);

    @BeforeEach
    void makeBucket() {
        server.withBucket("box");
    }

    @AfterEach
    void stop() {
        gcs.close();
        server.close();
    }
}
