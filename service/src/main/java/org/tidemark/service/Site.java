// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.JsonText;
import org.tidemark.page.ClusterOnPage;
import org.tidemark.page.ClusterPage;
import org.tidemark.page.FleetPage;
import org.tidemark.page.PageFiles;
import org.tidemark.page.Surroundings;
import org.tidemark.view.FleetView;
import org.tidemark.view.Json;
import org.tidemark.view.ObservedView;
import org.tidemark.watch.fleet.FleetLine;

/** All that serve tells: the pages, the same as JSON, and metrics. Thread-safe. */
final class Site implements Answers {
    private static final String CLUSTER = "/cluster/";
    private static final String SUFFIX = ".json";

    private final Clock clock;
    private final Observations observations;
    private final Metrics metrics;
    private final KeptAnswer fleet = new KeptAnswer(System::nanoTime);
    private final KeptAnswer fleetJson = new KeptAnswer(System::nanoTime);
    private final KeptAnswer cluster = new KeptAnswer(System::nanoTime);
    private final KeptAnswer clusterJson = new KeptAnswer(System::nanoTime);

    Site(Clock clock, Observations observations, Metrics metrics) {
        this.clock = clock;
        this.observations = observations;
        this.metrics = metrics;
    }

    Metrics metrics() {
        return metrics;
    }

    @Override
    public Optional<Answer> at(String path, String accept) {
        return switch (path) {
            case "/" ->
                Optional.of(page(fleet, path, () -> FleetPage.html(lines(), clock.instant(), Surroundings.SERVED)));
            case "/fleet.json" ->
                Optional.of(json(
                        fleetJson,
                        path,
                        Optional.empty(),
                        () -> FleetView.of(lines(), Optional.empty(), clock.instant())));
            default ->
                path.startsWith(CLUSTER)
                        ? cluster(path, path.substring(CLUSTER.length()))
                        : PageFiles.at(path)
                                .map(file -> new Answer(Kind.PAGE, file.contentType(), file::content))
                                .or(() -> metrics.at(path, accept));
        };
    }

    /**
     * No character of a cluster's name is encoded in a path. A name may end as JSON does: programs that read a cluster
     * never get the page of another one.
     */
    private Optional<Answer> cluster(String path, String name) {
        return Optional.of(name)
                .filter(file -> file.endsWith(SUFFIX))
                .map(file -> file.substring(0, file.length() - SUFFIX.length()))
                .flatMap(observations::present)
                .map(each -> json(
                        clusterJson,
                        path,
                        Optional.of(each.getKey()),
                        () -> ObservedView.of(each.getKey(), each.getValue(), clock.instant())))
                .or(() -> observations
                        .present(name)
                        .map(each -> page(
                                cluster,
                                path,
                                () -> ClusterPage.html(
                                        new ClusterOnPage(each.getKey(), each.getValue()),
                                        clock.instant(),
                                        Surroundings.SERVED))));
    }

    private List<FleetLine> lines() {
        return observations.present().entrySet().stream()
                .map(each -> FleetLine.of(each.getKey(), each.getValue()))
                .sorted(FleetLine.WORST_FIRST)
                .toList();
    }

    private Answer page(KeptAnswer kept, String path, Supplier<String> html) {
        long state = observations.changes();
        return new Answer(
                Kind.PAGE,
                "text/html; charset=utf-8",
                () -> kept.of(path, state, () -> html.get().getBytes(StandardCharsets.UTF_8)));
    }

    /** @param cluster of which the commands in it are to be */
    private Answer json(KeptAnswer kept, String path, Optional<ClusterName> cluster, Supplier<Record> view) {
        long state = observations.changes();
        Json json = new Json(CopyableLines.of(cluster, Optional.empty())::complete);
        return new Answer(
                Kind.DATA,
                "application/json",
                () -> kept.of(
                        path,
                        state,
                        () -> JsonText.pretty(json.document(view.get())).getBytes(StandardCharsets.UTF_8)));
    }
}
