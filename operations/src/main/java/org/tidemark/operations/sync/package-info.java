// SPDX-License-Identifier: Apache-2.0
/** Completes repositories: delivers their queues and copies what another repository holds. */
package org.tidemark.operations.sync;
