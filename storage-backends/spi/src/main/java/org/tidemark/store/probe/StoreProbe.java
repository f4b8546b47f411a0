// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.probe;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreRemark;

/**
 * Tries every promise of a store with scratch objects of some KiB, and removes them again where the credentials allow
 * it. What cannot be tried because something before it failed is said to be unknown. Not thread-safe.
 */
public final class StoreProbe {

    private final ObjectStore store;
    private final WriteProofs writing;
    private final ReadProofs reading;
    private final List<Proof> proofs = new ArrayList<>();

    /**
     * For one run.
     *
     * @param place the beginning of the scratch objects' keys, whole parts each with its slash
     * @param clock of this host, which is compared with the store's
     */
    public StoreProbe(ObjectStore store, String place, Clock clock, RandomGenerator random) {
        ScratchObjects scratch = new ScratchObjects(store, place, random);
        this.store = store;
        this.writing = new WriteProofs(store, scratch, proofs);
        this.reading = new ReadProofs(store, clock, scratch, proofs);
    }

    /** What was seen, in the order in which it was tried. */
    public List<Proof> run() {
        try {
            if (writing.creates()) {
                writing.refusesASecond();
                writing.excludes();
                reading.reads();
                reading.looksUp();
                reading.lists();
                reading.clocksAgree();
            }
        } finally {
            writing.deletes();
        }
        reading.unfinished();
        for (StoreRemark remark : store.remarks()) {
            proofs.add(Proof.missing(remark.subject(), remark.message(), remark.hint()));
        }
        return List.copyOf(proofs);
    }
}
