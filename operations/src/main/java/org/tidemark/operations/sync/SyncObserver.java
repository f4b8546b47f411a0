// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.replicate.SyncReport;

/** Follows a sync. Repositories are identified by name. */
public interface SyncObserver {
    /** The queued files that were delivered to a repository (or, in a plan, would be). May be empty. */
    void delivered(String repository, DeliveryReport delivered);

    /** A queued file that the repository refused. */
    void refused(String repository, RefusedObject refused);

    /** One incarnation of the cluster was, or would be, copied. */
    void copied(String from, String to, SyncReport report);

    /** Nothing is copied between two repositories with different recipients unless both are named. */
    void leftAlone(String one, String other);

    /** The next copies stay encrypted to the keys of their source repository. */
    void otherKeys(String from, String to);

    /**
     * Files are queued for a repository that is not one of the cluster's.
     *
     * @param nameOrId its id if it is not configured
     */
    void abandoned(String nameOrId, int objects);

    /** A part of the work failed; the rest goes on. */
    void failed(String what, UserFacingException problem);

    /** A copy begins. The caller closes what is returned. */
    ObjectProgress copying(String title);
}
