import { forbidden } from "../../../api/errors.ts";
import type {
  Container,
  KubeObject,
  Pod,
  PodSpec,
  ServiceAccount,
  Volume,
  VolumeMount,
} from "../../../api/objects.ts";
import { groupResourceOf } from "../resource.ts";
import { tokenVolumeName } from "../stored/pod-template.ts";
import type { AdmissionPlugin } from "./admission.ts";

const tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Gives each pod an identity: the namespace's `default` service account unless it names another,
 * and its token as a volume in every container.
 *
 * @see kubernetes `plugin/pkg/admission/serviceaccount/admission.go`
 */
export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  handles: ({ resource, subresource }) => resource.plural === "pods" && subresource === "",
  admitCreate(object, { resource, namespace, name }, view) {
    const pod = object as unknown as Pod;
    const accountName = pod.spec.serviceAccountName || "default";
    const account = view.serviceAccount(namespace, accountName);
    if (account === undefined) {
      throw forbidden(
        groupResourceOf(resource),
        name,
        `error looking up service account ${namespace}/${accountName}: serviceaccount "${accountName}" not found`,
      );
    }
    const spec = {
      ...pod.spec,
      ...pullSecrets(pod.spec, account),
      serviceAccountName: accountName,
      serviceAccount: accountName,
    };
    const mountsToken =
      spec.automountServiceAccountToken ?? account["automountServiceAccountToken"] ?? true;
    if (mountsToken !== true) return { ...object, spec };
    const volumeName = tokenVolumeName(view.suffix(tokenVolumeSite(namespace, name)));
    const mount: VolumeMount = { name: volumeName, readOnly: true, mountPath: tokenMountPath };
    const containers = withTokenMount(spec.containers, mount);
    const initContainers = withTokenMount(spec.initContainers ?? [], mount);
    if (
      containers === spec.containers &&
      initContainers.every((c, i) => c === spec.initContainers?.[i])
    ) {
      return { ...object, spec };
    }
    return {
      ...object,
      spec: {
        ...spec,
        volumes: [...(spec.volumes ?? []), tokenVolume(volumeName)],
        containers,
        ...(initContainers.length > 0 && { initContainers }),
      },
    };
  },
};

/** What the name of a pod's token volume is drawn for. */
export function tokenVolumeSite(namespace: string, name: string): string {
  return `token-volume/${namespace}/${name}`;
}

function pullSecrets(spec: PodSpec, account: KubeObject): Pick<PodSpec, "imagePullSecrets"> {
  const { imagePullSecrets } = account as unknown as ServiceAccount;
  const hasOwn = (spec.imagePullSecrets ?? []).length > 0;
  return hasOwn || imagePullSecrets === undefined ? {} : { imagePullSecrets };
}

function withTokenMount(
  containers: readonly Container[],
  mount: VolumeMount,
): readonly Container[] {
  const needsMount = (container: Container): boolean =>
    !(container.volumeMounts ?? []).some(({ mountPath }) => mountPath === tokenMountPath);
  if (!containers.some(needsMount)) return containers;
  return containers.map((container) =>
    needsMount(container)
      ? { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] }
      : container,
  );
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [
              {
                path: "namespace",
                fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
              },
            ],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}
