// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.util.Map;
import org.tidemark.testkit.InTurn;

/** The same where an object is sent in pieces. */
@InTurn
class GcsPiecesFaultsTest extends GcsFaultsTest {
    @Override
    Map<String, String> options() {
        return Map.of("chunk-size", "256KiB");
    }
}
