// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;
import org.tidemark.operations.KnownPlaces;

/** Whether a repository is in the data directory or a tablespace of a cluster, with which it would be lost. */
final class RepositoryPlaceCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.REPOSITORY;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        Optional<Path> server = host.server().flatMap(each -> each.settings().dataDirectory());
        List<Finding> findings = new ArrayList<>();
        for (RepositorySettings each : host.session().repositorySettings()) {
            KnownPlaces.clusterAround(each, host.session().configuration(), server)
                    .ifPresent(place -> findings.add(subject()
                            .critical(
                                    "it is in " + place + ", and is lost with that directory",
                                    "Move it elsewhere while nothing writes to it, name the new place as repository."
                                            + each.name() + ".url, and run: tidemark check")
                            .of(each.name())));
        }
        return findings;
    }
}
