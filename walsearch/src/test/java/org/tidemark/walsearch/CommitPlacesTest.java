// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tidemark.core.Lsn;

class CommitPlacesTest {
    @Test
    void theCommitsFromAMomentOnAndBeforeAnotherAreCounted() {
        CommitPlaces places = new CommitPlaces();
        for (long at = 10; at <= 40_000; at += 10) {
            places.add(new Lsn(at));
        }

        assertThat(places.between(new Lsn(10), new Lsn(10))).hasValue(0);
        assertThat(places.between(new Lsn(10), new Lsn(20))).hasValue(1);
        assertThat(places.between(new Lsn(11), new Lsn(30))).hasValue(1);
        assertThat(places.between(new Lsn(0), new Lsn(50_000))).hasValue(4000);
    }

    @Test
    void ofVeryManyTheLastOnesAreCounted() {
        CommitPlaces places = new CommitPlaces();
        long last = 10L * (CommitPlaces.MOST + 500);
        for (long at = 10; at <= last; at += 10) {
            places.add(new Lsn(at));
        }

        assertThat(places.between(new Lsn(last - 95), new Lsn(last))).hasValue(9);
        assertThat(places.between(new Lsn(5011), new Lsn(last + 10))).hasValue(CommitPlaces.MOST - 1);
        assertThat(places.between(new Lsn(5000), new Lsn(last))).isEmpty();
    }
}
