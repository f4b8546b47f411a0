// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.session.reading.IncarnationReading;

/** What was read of an incarnation, as far as retention asks. */
public final class ListedCatalog {
    private ListedCatalog() {}

    /** For a report: without what has no backup. Nothing is read. The marks must be known. */
    public static RetentionCatalog of(IncarnationReading reading) {
        return CatalogReading.ofListed(
                reading.archive(),
                reading.entries(),
                reading.marks(),
                reading.inventory(),
                reading.snapshot(),
                reading.asOf());
    }
}
