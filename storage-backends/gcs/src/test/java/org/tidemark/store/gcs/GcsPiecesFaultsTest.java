// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.util.Map;

/** The same where an object is sent in pieces. */
class GcsPiecesFaultsTest extends GcsFaultsTest {
    @Override
    Map<String, String> options() {
        return Map.of("chunk-size", "256KiB");
    }
}
