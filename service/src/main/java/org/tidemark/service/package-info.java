// SPDX-License-Identifier: Apache-2.0
/** The process that stays and does the tasks of this host when they are due. */
package org.tidemark.service;
