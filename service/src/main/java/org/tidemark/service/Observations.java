// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.tidemark.core.ClusterName;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;

/** The last looks at each cluster, of which metrics and pages tell without a request to a store. Thread-safe. */
final class Observations {
    /** Between two looks at a cluster. */
    static final Duration INTERVAL = Duration.ofMinutes(5);

    private final Clock clock;
    private final Map<ClusterName, ObservedCluster> clusters = new ConcurrentHashMap<>();
    private final AtomicLong changes = new AtomicLong();
    private volatile Set<ClusterName> own = Set.of();
    /** With a repository that has it. */
    private volatile Map<ClusterName, String> others = Map.of();

    Observations(Clock clock) {
        this.clock = clock;
    }

    /** The repositories of a cluster were read. */
    void read(ClusterName cluster, Reading reading) {
        clusters.merge(cluster, ObservedCluster.NOTHING.with(reading), (before, _) -> before.with(reading));
        changes.incrementAndGet();
    }

    /** A cluster was checked. */
    void checked(ClusterName cluster, Checked checked) {
        clusters.merge(cluster, ObservedCluster.NOTHING.with(checked), (before, _) -> before.with(checked));
        changes.incrementAndGet();
    }

    /** Forgets the clusters of this host that are not served any more. Of a new one, nothing is known. */
    synchronized void keep(Collection<ClusterName> served) {
        own = Set.copyOf(served);
        forget();
    }

    /**
     * The same for the clusters that are found in repositories.
     *
     * @param found with the first repository that has it
     */
    synchronized void keepOthers(Map<ClusterName, String> found) {
        others = Map.copyOf(found);
        forget();
    }

    private void forget() {
        clusters.keySet().removeIf(each -> !own.contains(each) && !others.containsKey(each));
        Stream.of(own, others.keySet())
                .flatMap(Set::stream)
                .forEach(each -> clusters.putIfAbsent(each, ObservedCluster.NOTHING));
        changes.incrementAndGet();
    }

    /** A number that differs when anything else is known. */
    long changes() {
        return changes.get();
    }

    /** What was last seen of each cluster, by name. */
    Map<ClusterName, ObservedCluster> all() {
        Map<ClusterName, ObservedCluster> all = new TreeMap<>(Comparator.comparing(ClusterName::value));
        all.putAll(clusters);
        return all;
    }

    /** What can be told now of each cluster, by name. */
    Map<ClusterName, ObservedCluster> present() {
        Instant oldest = oldest();
        Map<ClusterName, ObservedCluster> present = all();
        present.replaceAll((name, last) -> last.seenSince(oldest, elsewhere(name)));
        return present;
    }

    /** What can be told now of one cluster; empty if there is none of this name. */
    Optional<Map.Entry<ClusterName, ObservedCluster>> present(String cluster) {
        return clusters.entrySet().stream()
                .filter(each -> each.getKey().value().equals(cluster))
                .findFirst()
                .map(each -> Map.entry(each.getKey(), each.getValue().seenSince(oldest(), elsewhere(each.getKey()))));
    }

    private Optional<String> elsewhere(ClusterName name) {
        return own.contains(name) ? Optional.empty() : Optional.ofNullable(others.get(name));
    }

    /** A look from then or earlier, two intervals ago, does not tell the present state. */
    Instant oldest() {
        return clock.instant().minus(INTERVAL.multipliedBy(2));
    }
}
