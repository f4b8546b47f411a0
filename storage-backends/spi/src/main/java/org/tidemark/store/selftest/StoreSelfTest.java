// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.selftest;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.tidemark.core.Finding;
import org.tidemark.store.ObjectStore;

/**
 * Tests every promise of a store with scratch objects of about 20 KB, and removes the objects where the credentials
 * allow it. A test that could not run because an earlier one failed has no result, or the verdict UNKNOWN. Not
 * thread-safe.
 */
public final class StoreSelfTest {

    private final ObjectStore store;
    private final WriteTests writing;
    private final ReadTests reading;
    private final List<SelfTestResult> results = new ArrayList<>();

    /**
     * A self-test for one run.
     *
     * @param prefix the beginning of the scratch objects' keys, whole parts each with its slash
     * @param clock of this host, which is compared with the store's
     */
    public StoreSelfTest(ObjectStore store, String prefix, Clock clock, RandomGenerator random) {
        ScratchObjects scratch = new ScratchObjects(store, prefix, random);
        this.store = store;
        this.writing = new WriteTests(store, scratch, results);
        this.reading = new ReadTests(store, clock, scratch, results);
    }

    /** The results, in the order of the tests. */
    public List<SelfTestResult> run() {
        try {
            if (writing.creates()) {
                writing.refusesASecond();
                writing.excludes();
                writing.locks();
                reading.reads();
                reading.looksUp();
                reading.lists();
                reading.clocksAgree();
            }
        } finally {
            writing.deletes();
        }
        reading.unfinished();
        for (Finding remark : store.remarks()) {
            results.add(
                    switch (remark.severity()) {
                        case OK ->
                            remark.hint().isEmpty()
                                    ? SelfTestResult.kept(remark.subject(), remark.message())
                                    : SelfTestResult.missing(remark.subject(), remark.message(), remark.hint());
                        case WARNING -> SelfTestResult.missing(remark.subject(), remark.message(), remark.hint());
                        case CRITICAL -> SelfTestResult.broken(remark.subject(), remark.message(), remark.hint());
                    });
        }
        return List.copyOf(results);
    }
}
